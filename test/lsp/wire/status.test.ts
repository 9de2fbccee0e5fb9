import assert from "node:assert/strict";
import { test } from "node:test";
import { status } from "@grpc/grpc-js";
import { openFrame } from "../../../lsp/wire/frame.ts";
import { encodeMessage } from "../../../lsp/wire/metadata.ts";
import { decodeRequest } from "../../../lsp/wire/request.ts";
import { STATUS } from "../../../lsp/wire/status.ts";
import { RequestSchema } from "../../../proto/gen/btc_lsp/method/get_cfg_pb.js";

test("the codes have gRPC's numbers", () => {
  for (const [name, code] of Object.entries(STATUS)) {
    assert.equal(status[code], name.replaceAll(/[A-Z]/g, "_$&").toUpperCase());
  }
});

test("an error says nothing of what was sent, and needs no escape", () => {
  const sent = Buffer.from("secret of the sender");
  for (const result of [openFrame(sent, "secret"), decodeRequest(RequestSchema, sent)]) {
    assert.ok(!result.ok);
    assert.doesNotMatch(result.error.message, /secret|sender/);
    assert.equal(encodeMessage(result.error.message), result.error.message);
  }
});
