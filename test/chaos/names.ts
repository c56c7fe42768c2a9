/** What all processes of a chaos run call things. */
export const CLUSTER = "chaos";
export const QUEUE = "tasks";
export const WORKER_ROLE = "worker";
/** The type of tasks that no worker can do. */
export const POISON = "poison";
