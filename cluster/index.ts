export { connectNats, Nats } from "./nats/connect.ts";
export type { NatsAuth, NatsOptions, NatsTls } from "./nats/nats-options.ts";
export type { NatsFeatures } from "./nats/features.ts";
export { Subjects } from "./nats/subjects.ts";
export { findNatsServer } from "./server/find-server.ts";
export type { NatsServerBinary } from "./server/find-server.ts";
export { installNatsServer } from "./server/install-server.ts";
export { NatsServer, startNatsServer, startNatsServers } from "./server/nats-server.ts";
export type { NatsServerOptions, NatsServerPeers } from "./server/nats-server.ts";
export { natsTransport } from "./transport/nats-transport.ts";
export { AdminClient } from "./admin/admin-client.ts";
export type { AdminOptions, Whereabouts } from "./admin/admin-client.ts";
export type { ActorList, NodeReport, TypeReport } from "./admin/admin-endpoints.ts";
export { AdminPart } from "./admin/admin-part.ts";
export type { AdminHost } from "./admin/admin-part.ts";
export { bidder } from "./contract-net/bidder.ts";
export type { BidderDefinition } from "./contract-net/bidder.ts";
export { contract } from "./contract-net/contract-net.ts";
export type {
  Bidder,
  BidderMessage,
  Contracted,
  ContractOptions,
  NetTask,
} from "./contract-net/contract-net.ts";
export { rankBids, TrackRecord } from "./contract-net/bids.ts";
export type { Bid, Outcome, RankedBid } from "./contract-net/bids.ts";
export { Autoscaler } from "./scaling/autoscaler.ts";
export type { AutoscalerOptions, Fleet, ScalingEvent } from "./scaling/autoscaler.ts";
export { ScalingPolicy } from "./scaling/scaling-policy.ts";
export type { Load, ScalingRules } from "./scaling/scaling-policy.ts";
export { startNode } from "./node/start-node.ts";
export type { ClusterNodeOptions } from "./node/start-node.ts";
export { ClusterNode } from "./node/cluster-node.ts";
export type { NodeEnding, NodePart } from "./node/cluster-node.ts";
export type { NodePhase } from "./node/vitals.ts";
export { loadNodeApp } from "./node/node-app.ts";
export type { NodeApp } from "./node/node-app.ts";
export { secretsOf, showConfig } from "./node/node-config.ts";
export type { LogFormat, LogLevel, NodeConfig, NodeJobs } from "./node/node-config.ts";
export { requireFiles } from "./node/config-files.ts";
export { readNodeConfig } from "./node/read-node-config.ts";
export type { NodeConfigSources } from "./node/read-node-config.ts";
export type { FlagText } from "./node/config-sources.ts";
export { NODE_SCHEMA } from "./node/node-schema.ts";
export { openLog } from "./node/log.ts";
export type { Log, LogFields, LogOptions } from "./node/log.ts";
export { runNode } from "./node/run-node.ts";
export type { NodeReady, ParentChannel, RunNodeOptions } from "./node/run-node.ts";
export { LocalCluster, startLocalCluster } from "./node/local-cluster.ts";
export type { LocalClusterEvent, LocalClusterOptions } from "./node/local-cluster.ts";
export { LocalNode } from "./node/local-node.ts";
export { isOver } from "./jobs/job.ts";
export type { Job, JobId, JobProgress, JobRequest, JobState } from "./jobs/job.ts";
export { openJobStore } from "./jobs/job-store.ts";
export type { JobStore, JobStoreOptions } from "./jobs/job-store.ts";
export type { JobQueue, JobWorker, QueuedJob } from "./jobs/job-queue.ts";
export { openStreamJobQueue } from "./jobs/stream-job-queue.ts";
export type { StreamJobQueueOptions } from "./jobs/stream-job-queue.ts";
export { serveJobs } from "./jobs/job-service.ts";
export type { JobServiceParts } from "./jobs/job-service.ts";
export { MicroService } from "./services/micro-service.ts";
export type { MicroServiceOptions } from "./services/micro-service.ts";
export type { Endpoint, EndpointSpec, Right } from "./services/endpoint.ts";
export { openJetStreamJournal } from "./journal/jetstream-journal.ts";
export type { JetStreamJournalOptions } from "./journal/journal-options.ts";
export { openTaskQueue, TaskQueue } from "./queue/task-queue.ts";
export type { Enqueued, PriorityStatus, QueueStatus } from "./queue/task-queue.ts";
export type { QueueEvent, TaskQueueOptions, WorkOptions } from "./queue/queue-options.ts";
export type { QueueWorker, TaskContext, TaskHandler, WorkerCounts } from "./queue/queue-worker.ts";
export { DeadLetters } from "./queue/dead-letters.ts";
export type { DeadLetter, DeadLetterPage } from "./queue/dead-letters.ts";
export { checkEnvelope, ENVELOPE_VERSION, makeEnvelope, readEnvelope } from "./queue/envelope.ts";
export type {
  Envelope,
  EnvelopeMetadata,
  EnvelopePayload,
  MessageType,
  NewEnvelope,
  ReadEnvelope,
} from "./queue/envelope.ts";
export { claimSigner } from "./queue/claim.ts";
export type { ClaimSigner } from "./queue/claim.ts";
export { ArtifactStore, openArtifactStore } from "./store/artifact-store.ts";
export type { Artifact, ArtifactStoreOptions } from "./store/artifact-store.ts";
export { openKeyValue } from "./nats/nats-key-value.ts";
export type { NatsKeyValueOptions } from "./nats/nats-key-value.ts";
export type { KeyValue, KeyValueEntry, KeyValueWatch } from "./nats/key-value.ts";
export { joinCluster } from "./membership/join-cluster.ts";
export type { JoinOptions } from "./membership/join-cluster.ts";
export type { Lease } from "./membership/lease.ts";
export type { MemberOptions } from "./membership/membership-options.ts";
export type { Membership, MembershipEvent } from "./membership/membership.ts";
export type { MemberState } from "./membership/announcement.ts";
export type { Member, MemberEvent } from "./membership/roster.ts";
export { shardRegion } from "./sharding/shard-region.ts";
export type { RegionInfo, ShardRegion } from "./sharding/shard-region.ts";
export type { RegionOptions } from "./sharding/region-options.ts";
export type { Sharded } from "./sharding/guarded.ts";
export type { ShardInfo } from "./sharding/shard-table.ts";
export { CLUSTER_ERRORS } from "./errors.ts";
export type { ClusterErrorCode } from "./errors.ts";
