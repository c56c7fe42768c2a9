/**
 * What a service answers: a name, a subject, the right that asking needs, and the form of request and reply.
 * NATS gives the rights, by permissions on subjects: who may publish to an endpoint's subject may ask it.
 */

/** Rights to ask, least first: look at things, give work, let its outcome change files, run the nodes. */
export type Right = "read" | "submit" | "approve" | "admin";

/** An endpoint without what answers. */
export interface EndpointSpec {
  /** Letters, digits, `_` and `-`. */
  readonly name: string;
  readonly subject: string;
  readonly right: Right;
  /** JSON Schemas (2020-12). */
  readonly request: object;
  readonly reply: object;
}

/** An endpoint and what answers. */
export interface Endpoint extends EndpointSpec {
  /** @param request is of the form that the endpoint asks for. What it throws is the answer, by its code. */
  readonly answer: (request: unknown) => Promise<unknown>;
}
