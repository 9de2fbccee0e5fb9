export type Outcome = "passed" | "failed" | "skipped";

/** h2spec's requests are no gRPC, and are answered by a status of HTTP in a HEADERS frame alone (lsp/server/rules.ts). */
const NO_BODY = "what is no gRPC is answered without DATA, for which the case waits";
/** RFC 9113 5.4.1: frames on streams that nobody remembers may end a connection; nothing says that they have to. */
const FORGOTTEN = "nghttp2 forgets a closed stream and drops what comes for it; the bytes are counted by rate";
const PRIORITIES =
  "RFC 9113 5.3 has done away with priorities: nghttp2 drops such frames; the bytes are counted by rate";

/** The cases of h2spec 2.2.1 (RFC 7540) that do not pass, by `section: title`, each with its reason. */
export const NOT_PASSED: Readonly<Record<string, { readonly outcome: Outcome; readonly reason: string }>> = {
  "generic/2: Sends a WINDOW_UPDATE frame on half-closed (remote) stream": { outcome: "failed", reason: NO_BODY },
  "generic/2: Sends a PRIORITY frame on half-closed (remote) stream": { outcome: "failed", reason: NO_BODY },
  "http2/5.1: closed: Sends a DATA frame after sending RST_STREAM frame": { outcome: "failed", reason: FORGOTTEN },
  "http2/5.1: closed: Sends a HEADERS frame after sending RST_STREAM frame": { outcome: "failed", reason: FORGOTTEN },
  "http2/5.1: closed: Sends a DATA frame": { outcome: "failed", reason: FORGOTTEN },
  "http2/5.1: closed: Sends a HEADERS frame": { outcome: "failed", reason: FORGOTTEN },
  "http2/5.1.1: Sends stream identifier that is numerically smaller than previous": {
    outcome: "failed",
    reason: "a lower number is that of a closed stream (RFC 9113 5.1.1), and nghttp2 drops what comes for one",
  },
  "http2/5.3.1: Sends PRIORITY frame that depend on itself": { outcome: "failed", reason: PRIORITIES },
  "http2/6.3: Sends a PRIORITY frame with 0x0 stream identifier": { outcome: "failed", reason: PRIORITIES },
  "http2/6.5.3: Sends multiple values of SETTINGS_INITIAL_WINDOW_SIZE": { outcome: "skipped", reason: NO_BODY },
  "http2/6.7: Sends a PING frame with ACK": {
    outcome: "failed",
    reason: "Node ends a connection that acknowledges a ping which was never sent, and answers no later one",
  },
  "http2/6.9.1: Sends SETTINGS frame to set the initial window size to 1 and sends HEADERS frame": {
    outcome: "skipped",
    reason: NO_BODY,
  },
  "http2/6.9.1: Sends multiple WINDOW_UPDATE frames increasing the flow control window to above 2^31-1 on a stream": {
    outcome: "failed",
    reason: "the connection ends instead of its stream: RFC 9113 5.4.2 lets an endpoint do that",
  },
  "http2/6.9.2: Changes SETTINGS_INITIAL_WINDOW_SIZE after sending HEADERS frame": {
    outcome: "skipped",
    reason: NO_BODY,
  },
  "http2/6.9.2: Sends a SETTINGS frame for window size to be negative": { outcome: "skipped", reason: NO_BODY },
  "http2/6.10: Sends multiple CONTINUATION frames preceded by a HEADERS frame": {
    outcome: "failed",
    reason: "its metadata has more than METADATA_BYTES_MAX, and the stream is reset",
  },
};
