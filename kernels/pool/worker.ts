/**
 * What a worker thread does with a job: loads the kernel's module, calls its export, answers. Nothing is
 * kept between jobs but the modules that are loaded. It never throws: a thrown error could not carry its code.
 */
import { encodeError } from "../../runtime/contracts/index.ts";
import type { KernelFunction } from "../../runtime/contracts/index.ts";
import { poolError } from "./errors.ts";
import type { Job, Notice, Reply } from "./protocol.ts";

export default async function runJob(job: Job): Promise<Reply> {
  try {
    const kernel = await loadKernel(job);
    notify(job, { kind: "started" });
    const output = await kernel(job.input, {
      progress: (value) => notify(job, { kind: "progress", value }),
    });
    return { kind: "done", output };
  } catch (error) {
    return { kind: "failed", error: encodeError(error) };
  } finally {
    job.notices?.close();
  }
}

async function loadKernel(job: Job): Promise<KernelFunction<unknown, unknown, unknown>> {
  const found = await importModule(job);
  const kernel = found[job.export];
  if (typeof kernel === "function") return kernel as KernelFunction<unknown, unknown, unknown>;
  throw poolError("KERNEL_NOT_FOUND", `kernel ${job.kernel}: no function "${job.export}" is exported`, {
    location: job.module,
  });
}

async function importModule(job: Job): Promise<Readonly<Record<string, unknown>>> {
  try {
    return (await import(job.module)) as Readonly<Record<string, unknown>>;
  } catch (cause) {
    const message = `kernel ${job.kernel}: its module cannot be loaded`;
    throw poolError("KERNEL_NOT_FOUND", message, { location: job.module, cause });
  }
}

function notify(job: Job, notice: Notice): void {
  try {
    job.notices?.postMessage(notice);
  } catch (cause) {
    throw poolError("KERNEL_UNCLONEABLE", `kernel ${job.kernel}: its progress cannot be sent`, { cause });
  }
}
