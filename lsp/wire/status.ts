/** The status codes of gRPC that the LSP answers with or reads (grpc.github.io, "Status codes and their use in gRPC"). */
export const STATUS = {
  ok: 0,
  cancelled: 1,
  unknown: 2,
  invalidArgument: 3,
  deadlineExceeded: 4,
  notFound: 5,
  permissionDenied: 7,
  resourceExhausted: 8,
  unimplemented: 12,
  internal: 13,
  unavailable: 14,
} as const;

export type Status = (typeof STATUS)[keyof typeof STATUS];

/** A call that ends without a message. It leaves unsigned, so its text is a fixed sentence, never that of an exception. */
export interface RpcError {
  readonly status: Status;
  readonly message: string;
}
