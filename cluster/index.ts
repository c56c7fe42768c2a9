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
export { NodeObserver } from "./admin/node-observer.ts";
export { observer } from "./admin/observer.ts";
export type { ActorAction, LetterView, ObserverMessage } from "./admin/observer.ts";
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
export { CLUSTER_ERRORS } from "./errors.ts";
export type { ClusterErrorCode } from "./errors.ts";
