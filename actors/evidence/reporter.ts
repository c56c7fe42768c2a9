/**
 * The reporter: draws the session's report, HTML and Markdown, and keeps it with the session. All of it is a function
 * of the session's state, save the history: that is the one which is kept when the report is written, with what this
 * session established. Written again after a stop, the report shows what was kept by then.
 */
import { join } from "node:path";
import { showInput } from "../../kernels/syntax/index.ts";
import { phaseAgent } from "../agent/agent.ts";
import type { Agent, AgentTask } from "../agent/agent.ts";
import type { Services } from "../agent/services.ts";
import { commandLine } from "../command/command.ts";
import type { TaskCommands } from "../command/command.ts";
import { lineOf } from "../command/command-words.ts";
import { diffOf, documentOf } from "../workflow/document.ts";
import type { BaselineSeries } from "../workflow/session-document.ts";
import { comparedVersions, verdictOf } from "../workflow/session-state.ts";
import type { PhaseOutputs, SessionState } from "../workflow/session-state.ts";
import { isDefaultMetric, refName } from "../workflow/task.ts";
import type { Task } from "../workflow/task.ts";
import { historyBeside } from "./baseline-history.ts";
import type { ReportInput, VersionSamples } from "./report-input.ts";
import { samplesOf } from "./statistician.ts";

const SHOWN_INPUTS = 5;
const SHOWN_CHARACTERS = 300;

export const reporter: Agent<"report"> = phaseAgent("reporter", "report", writeReport);

async function writeReport({ session }: AgentTask, services: Services): Promise<PhaseOutputs["report"]> {
  const { session: id } = session.start!;
  const { state, evidence, clock } = services;
  // Loaded here alone: the chart library takes longer to load than most commands take to run.
  const { renderHtml, renderMarkdown } = await import("./report.ts");
  const history = await historyBeside(session, state.analytics);
  const input = reportInput(session, history, clock.now());
  const diff = input.diff;
  await state.writeArtifact(id, "report.html", Buffer.from(renderHtml(input)));
  await state.writeArtifact(id, "report.md", Buffer.from(renderMarkdown(input)));
  if (diff !== "") await state.writeArtifact(id, "change.diff", Buffer.from(diff));
  await evidence.recordSession(session.start!, verdictOf(session));
  const folder = await state.artifacts(id);
  return { html: join(folder, "report.html"), markdown: join(folder, "report.md") };
}

function reportInput(session: SessionState, history: readonly BaselineSeries[], now: number): ReportInput {
  const prepared = session.outputs.prepare!;
  return {
    document: documentOf(session),
    diff: diffOf(session),
    samples: versionSamples(session),
    history,
    sampleInputs: (session.start!.task.commands === undefined ? prepared.sealedBatch : [])
      .slice(0, SHOWN_INPUTS)
      .map((input) => showInput(input, SHOWN_CHARACTERS)),
    inputOrigin: prepared.inputOrigin,
    reproduce: reproduction(session),
    createdAt: new Date(now).toISOString(),
  };
}

function versionSamples(session: SessionState): readonly VersionSamples[] {
  if (session.outputs.burst === undefined) return [];
  const { metrics } = session.start!.task;
  const metric = metrics.find(({ of }) => of === undefined) ?? metrics[0];
  const versions = comparedVersions(session);
  return (["baseline", "candidate"] as const)
    .filter((version) => versions[version] !== undefined)
    .map((version) => ({
      version,
      label: versions[version]!.label,
      unit: metric.unit,
      forks: samplesOf(session, version, metric.name),
    }));
}

/** Says in full what the command line may have set over a task file. */
function reproduction({ start }: SessionState): readonly string[] {
  const { task, command, seed } = start!;
  const { candidate, inputs, examples, commands } = task;
  const subject = task.source ?? refName(task.subject);
  const chosen = inputs === null || examples !== null ? "" : ` --inputs ${refName(inputs)}`;
  const early = task.stopEarly === true ? " --stop-early" : "";
  const rest = `${chosen}${measuredHow(task)} --seed ${seed} --runs ${task.runs}${early}`;
  if (commands !== undefined && task.source === null) return [commandsAgain(command, commands, rest)];
  if (command === "compare" && commands !== undefined) return [`myriad compare ${subject}${rest}`];
  if (command === "compare") return [`myriad compare ${subject} ${refName(candidate!)}${rest}`];
  const written = command === "run" && candidate !== null ? ` --candidate ${refName(candidate)}` : "";
  return [`myriad ${command} ${subject}${written}${rest}`];
}

function commandsAgain(command: string, { subject, candidate }: TaskCommands, rest: string): string {
  const versions = [subject, ...(candidate === null ? [] : [candidate])];
  const given = [
    ...versions.map((one) => [one.snippet === undefined ? "--command" : "--snippet", commandLine(one)]),
    ...subject.files.map((path) => ["--file", path]),
    ...subject.readable.map((path) => ["--readable", path]),
  ];
  return `myriad ${command} ${given.map(lineOf).join(" ")}${rest}`;
}

function measuredHow({ source, level, behaviour, metrics: [goal, ...others] }: Task): string {
  const metric = others.length > 0 || !isDefaultMetric(goal) || goal.name === "wall_time" ? null : goal.name;
  return `${metric === null ? "" : ` --metric ${metric}`}${level === "trusted" ? " --level trusted" : ""}${source !== null || behaviour === "same" ? "" : ` --behaviour ${behaviour}`}`;
}
