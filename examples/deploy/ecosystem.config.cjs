// Myriad nodes under pm2:
//
//   pm2 start ecosystem.config.cjs && pm2 save
//   pm2 reload ecosystem.config.cjs       one node after another: each drains, and the next waits until it is ready
//
// Every node has a name of its own, so this is one entry a node and not `instances`.
const nodes = ["a", "b", "c"];

module.exports = {
  apps: nodes.map((name, index) => ({
    name: `myriad-${name}`,
    script: require.resolve("myriad-runtime/package.json").replace(/package\.json$/, "bin/myriad.js"),
    args: ["node"],
    exec_mode: "fork",
    env: {
      NODE_ENV: "production",
      MYRIAD_NODE_NAME: name,
      MYRIAD_NODE_APP: `${__dirname}/app.js`,
      MYRIAD_NODE_HEALTH_PORT: String(7422 + index),
      MYRIAD_NODE_LOG_FORMAT: "json",
    },
    // The node says `ready` itself, 10 s for NATS and a little more.
    wait_ready: true,
    listen_timeout: 15_000,
    // SIGINT drains; drainMs is 30 s, and closing takes some seconds more.
    kill_timeout: 45_000,
    exp_backoff_restart_delay: 500,
    // With a wrong configuration another start would end no better.
    stop_exit_codes: [2],
    merge_logs: true,
  })),
};
