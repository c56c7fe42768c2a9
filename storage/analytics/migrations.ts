/**
 * The schema, one step after another. A step is never edited once it is released: a change is a new step.
 * A file remembers how many steps it has taken; opening takes the rest, each in one transaction.
 *
 * Samples are kept by integer keys (`fork_key`, `metric_key`): a row of 24 bytes instead of six names, and
 * several times the speed. The view `samples` gives the names back.
 */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE SEQUENCE fork_keys;
  CREATE SEQUENCE metric_keys;

  CREATE TABLE sessions (
    session VARCHAR NOT NULL, command VARCHAR NOT NULL, subject VARCHAR NOT NULL, goal VARCHAR,
    seed VARCHAR NOT NULL, started_at TIMESTAMP NOT NULL, finished_at TIMESTAMP, verdict VARCHAR,
    environment JSON NOT NULL
  );
  CREATE TABLE forks (
    fork_key BIGINT NOT NULL, session VARCHAR NOT NULL, case_id VARCHAR NOT NULL, version VARCHAR NOT NULL,
    fork INTEGER NOT NULL, "order" INTEGER NOT NULL, node VARCHAR NOT NULL, engine VARCHAR NOT NULL,
    iterations INTEGER NOT NULL, failures INTEGER NOT NULL, outcomes JSON NOT NULL,
    cpu_ms DOUBLE NOT NULL, peak_mb DOUBLE NOT NULL, recorded_at TIMESTAMP NOT NULL
  );
  CREATE TABLE metrics (metric_key INTEGER NOT NULL, metric VARCHAR NOT NULL);
  CREATE TABLE sample_values (
    fork_key BIGINT NOT NULL, metric_key INTEGER NOT NULL, iteration INTEGER NOT NULL, value DOUBLE NOT NULL
  );
  CREATE VIEW samples AS
    SELECT session, case_id, metric, version, fork, iteration, "order", node, value
    FROM sample_values JOIN forks USING (fork_key) JOIN metrics USING (metric_key);
  CREATE VIEW fork_means AS
    SELECT session, case_id, metric, version, fork, "order", node, count(*) AS iterations, favg(value) AS mean
    FROM samples GROUP BY session, case_id, metric, version, fork, "order", node;

  CREATE TABLE summaries (
    session VARCHAR NOT NULL, case_id VARCHAR NOT NULL, metric VARCHAR NOT NULL, version VARCHAR NOT NULL,
    unit VARCHAR NOT NULL, n INTEGER NOT NULL, mean DOUBLE NOT NULL, std_dev DOUBLE NOT NULL,
    median DOUBLE NOT NULL, p95 DOUBLE NOT NULL, p99 DOUBLE NOT NULL,
    ci_low DOUBLE NOT NULL, ci_high DOUBLE NOT NULL, detail JSON NOT NULL, recorded_at TIMESTAMP NOT NULL
  );
  CREATE TABLE baselines (
    tag VARCHAR NOT NULL, case_id VARCHAR NOT NULL, subject VARCHAR NOT NULL, metric VARCHAR NOT NULL,
    unit VARCHAR NOT NULL, direction VARCHAR NOT NULL, mean DOUBLE NOT NULL, std_dev DOUBLE NOT NULL,
    n INTEGER NOT NULL, ci_low DOUBLE NOT NULL, ci_high DOUBLE NOT NULL,
    samples_session VARCHAR NOT NULL, samples_version VARCHAR NOT NULL, environment JSON NOT NULL,
    program_digest VARCHAR NOT NULL, created_at TIMESTAMP NOT NULL, note VARCHAR,
    PRIMARY KEY (tag, case_id, metric)
  );
  CREATE TABLE current_baselines (case_id VARCHAR NOT NULL, tag VARCHAR NOT NULL);
  CREATE TABLE comparisons (
    session VARCHAR NOT NULL, case_id VARCHAR NOT NULL, metric VARCHAR NOT NULL,
    baseline_version VARCHAR NOT NULL, candidate_version VARCHAR NOT NULL, verdict VARCHAR NOT NULL,
    test VARCHAR NOT NULL, tolerance DOUBLE NOT NULL, rel_delta DOUBLE, ci_low DOUBLE, ci_high DOUBLE,
    p DOUBLE, q DOUBLE, hedges_g DOUBLE, cliffs_delta DOUBLE, detail JSON NOT NULL, recorded_at TIMESTAMP NOT NULL
  );
  `,
  `
  ALTER TABLE baselines ADD COLUMN tolerance DOUBLE;
  ALTER TABLE baselines ADD COLUMN tool VARCHAR;
  CREATE TABLE release_baselines (case_id VARCHAR NOT NULL, tag VARCHAR NOT NULL);
  CREATE TABLE baseline_marks (
    tag VARCHAR NOT NULL, label VARCHAR, note VARCHAR, changed_at TIMESTAMP NOT NULL
  );
  CREATE TABLE settings (name VARCHAR NOT NULL, value JSON NOT NULL);
  `,
  `
  ALTER TABLE forks ADD COLUMN carrier VARCHAR;
  `,
];
