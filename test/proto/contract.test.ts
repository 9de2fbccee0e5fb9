import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { DescFile, DescService } from "@bufbuild/protobuf";
import { FeatureSet_FieldPresence } from "@bufbuild/protobuf/wkt";
import { file_btc_lsp_data_high_level } from "../../proto/gen/btc_lsp/data/high_level_pb.js";
import { file_btc_lsp_data_low_level } from "../../proto/gen/btc_lsp/data/low_level_pb.js";
import { file_btc_lsp_method_get_cfg } from "../../proto/gen/btc_lsp/method/get_cfg_pb.js";
import { file_btc_lsp_method_swap_from_ln } from "../../proto/gen/btc_lsp/method/swap_from_ln_pb.js";
import { file_btc_lsp_method_swap_into_ln } from "../../proto/gen/btc_lsp/method/swap_into_ln_pb.js";
import { Service } from "../../proto/gen/btc_lsp_pb.js";
import { Health } from "../../proto/gen/grpc/health/v1/health_pb.js";
import { file_signer_v1_signer, Signer } from "../../proto/gen/signer/v1/signer_pb.js";
import { CONTRACT_PATHS, ENUMS, MESSAGES } from "./contract.ts";
import { enumsOf, messagesOf, rowOf } from "./descriptors.ts";

const FILES = [
  file_btc_lsp_data_low_level,
  file_btc_lsp_data_high_level,
  file_btc_lsp_method_get_cfg,
  file_btc_lsp_method_swap_into_ln,
  file_btc_lsp_method_swap_from_ln,
];

describe("the contract of the service", () => {
  const messages = messagesOf(FILES);
  const enums = enumsOf(FILES);

  test("has the table's messages and enums, and no others", () => {
    assert.deepEqual([...messages.keys()].sort(), Object.keys(MESSAGES).sort());
    assert.deepEqual([...enums.keys()].sort(), Object.keys(ENUMS).sort());
  });

  for (const [name, fields] of Object.entries(MESSAGES)) {
    test(`${name}: every number, name and type`, () => {
      assert.deepEqual(messages.get(name)?.fields.map(rowOf), fields);
    });
  }

  for (const [name, values] of Object.entries(ENUMS)) {
    test(`${name}: every value`, () => {
      const found = enums.get(name)?.values.map((value) => [value.name, value.number]);
      assert.deepEqual(Object.fromEntries(found ?? []), values);
    });
  }

  test("is proto3, in the packages and files that clients import", () => {
    assert.deepEqual(
      [Service.file, ...FILES].map(({ name, proto }) => [`${name}.proto`, proto.package, proto.syntax]),
      [
        ["btc_lsp.proto", "BtcLsp", "proto3"],
        ["btc_lsp/data/low_level.proto", "BtcLsp.Data.LowLevel", "proto3"],
        ["btc_lsp/data/high_level.proto", "BtcLsp.Data.HighLevel", "proto3"],
        ["btc_lsp/method/get_cfg.proto", "BtcLsp.Method.GetCfg", "proto3"],
        ["btc_lsp/method/swap_into_ln.proto", "BtcLsp.Method.SwapIntoLn", "proto3"],
        ["btc_lsp/method/swap_from_ln.proto", "BtcLsp.Method.SwapFromLn", "proto3"],
      ],
    );
  });

  test("has the table's methods, all unary", () => {
    const found = methodsOf(Service).map(([path, kind, request, response]) => [path, { kind, request, response }]);
    assert.deepEqual(
      Object.fromEntries(found),
      Object.fromEntries(Object.entries(CONTRACT_PATHS).map(([path, types]) => [path, { kind: "unary", ...types }])),
    );
  });

  test("has the presence and packing of plain proto3: an `optional` or `packed = false` would be other bytes", () => {
    const { IMPLICIT, EXPLICIT } = FeatureSet_FieldPresence;
    for (const field of [...messages.values()].flatMap((message) => message.fields)) {
      if (field.fieldKind === "list") assert.equal(field.packed, field.listKind === "enum", field.toString());
      else assert.equal(field.presence, (field.oneof ?? field.message) ? EXPLICIT : IMPLICIT, field.toString());
    }
  });

  test("keeps retired numbers retired", () => {
    const request = messages.get("BtcLsp.Method.SwapIntoLn.Request");
    const failure = enums.get("BtcLsp.Method.SwapIntoLn.Response.Failure.InputFailure");
    assert.deepEqual(
      request?.proto.reservedRange.map(({ start, end }) => [start, end]),
      [[2, 3]],
    );
    assert.deepEqual(
      failure?.proto.reservedRange.map(({ start, end }) => [start, end]),
      [
        [1, 1],
        [2, 2],
      ],
    );
  });
});

describe("the contract of the signer", () => {
  test("every method", () => {
    assert.deepEqual(methodsOf(Signer), [
      ["/signer.v1.Signer/Sign", "unary", "signer.v1.SignRequest", "signer.v1.SignResponse"],
      ["/signer.v1.Signer/SignStream", "bidi_streaming", "signer.v1.SignBatch", "signer.v1.SignBatchResult"],
      ["/signer.v1.Signer/GetIdentity", "unary", "signer.v1.GetIdentityRequest", "signer.v1.GetIdentityResponse"],
      ["/signer.v1.Signer/GetRecordHash", "unary", "signer.v1.GetRecordHashRequest", "signer.v1.GetRecordHashResponse"],
    ]);
  });

  test("every message, number and type", () => {
    assert.deepEqual(linesOf(file_signer_v1_signer), [
      "SignRequest: bytes frame = 1; string method = 2; Direction direction = 3",
      "SignResponse: bytes signature = 1 of result; Refusal refusal = 2 of result; uint64 audit_seq = 3; bytes audit_head = 4",
      "Refusal: string rule = 1; string reason = 2",
      "SignBatch: repeated SignItem items = 1",
      "SignItem: uint64 id = 1; SignRequest request = 2",
      "SignBatchResult: repeated SignItemResult results = 1; uint64 audit_seq = 2; bytes audit_head = 3",
      "SignItemResult: uint64 id = 1; bytes signature = 2 of result; Refusal refusal = 3 of result",
      "GetRecordHashRequest: uint64 audit_seq = 1",
      "GetRecordHashResponse: bytes audit_head = 1; uint64 first_seq = 2; uint64 last_seq = 3",
      "GetIdentityRequest: ",
      "GetIdentityResponse: bytes node_id = 1; string network = 2; string version = 3; string mode = 4",
      "Direction: DIRECTION_UNSPECIFIED = 0; RESPONSE = 1; REQUEST = 2",
    ]);
  });

  test("nothing in it is a digest, a key or another form of a signature", () => {
    const names = [...messagesOf([file_signer_v1_signer]).values()].flatMap(({ fields }) =>
      fields.map(({ name }) => name),
    );
    assert.ok(names.includes("frame"));
    assert.deepEqual(
      names.filter((name) => /digest|hash|msg|message|loc|key|double|compact|schnorr|tag|tweak/.test(name)),
      [],
    );
  });
});

test("health checks are gRPC's own", () => {
  assert.deepEqual(linesOf(Health.file), [
    "HealthCheckRequest: string service = 1",
    "HealthCheckResponse: ServingStatus status = 1",
    "ServingStatus: UNKNOWN = 0; SERVING = 1; NOT_SERVING = 2; SERVICE_UNKNOWN = 3",
  ]);
  assert.deepEqual(
    methodsOf(Health).map(([path, kind]) => [path, kind]),
    [
      ["/grpc.health.v1.Health/Check", "unary"],
      ["/grpc.health.v1.Health/Watch", "server_streaming"],
    ],
  );
});

function methodsOf(service: DescService): [string, string, string, string][] {
  return service.methods.map(({ name, methodKind, input, output }) => [
    `/${service.typeName}/${name}`,
    methodKind,
    input.typeName,
    output.typeName,
  ]);
}

/** One line a message and enum, without the package. */
function linesOf(file: DescFile): string[] {
  const short = (name: string) => name.slice(name.lastIndexOf(".") + 1);
  const messages = [...messagesOf([file]).values()].map(({ name, fields }) => {
    const rows = fields.map(rowOf).map(({ number, name, type, repeated, oneof }) => {
      const text = `${repeated === true ? "repeated " : ""}${short(type)} ${name} = ${number}`;
      return oneof === undefined ? text : `${text} of ${oneof}`;
    });
    return `${name}: ${rows.join("; ")}`;
  });
  const enums = [...enumsOf([file]).values()].map(
    ({ name, values }) => `${name}: ${values.map((value) => `${value.name} = ${value.number}`).join("; ")}`,
  );
  return [...messages, ...enums];
}
