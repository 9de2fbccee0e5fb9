import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { before, describe, test } from "node:test";
import {
  createFileRegistry,
  type DescField,
  type DescFile,
  type DescMethod,
  type FileRegistry,
  fromBinary,
} from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { file_lnd_chain } from "../../proto/gen/lnd/chain_pb.js";
import { file_lnd_lightning } from "../../proto/gen/lnd/lightning_pb.js";
import { file_lnd_signer } from "../../proto/gen/lnd/signer_pb.js";
import { file_lnd_wallet } from "../../proto/gen/lnd/wallet_pb.js";
import { file_lnd_walletkit } from "../../proto/gen/lnd/walletkit_pb.js";
import { regtestPrograms } from "../regtest/build.ts";
import { needs } from "../tools/need.ts";
import { enumsOf, messagesOf, rowOf } from "./descriptors.ts";

const OURS: readonly DescFile[] = [
  file_lnd_chain,
  file_lnd_lightning,
  file_lnd_signer,
  file_lnd_wallet,
  file_lnd_walletkit,
];

describe("the excerpt of lnd's API, beside the .proto files of the lnd that the tests run", needs("go"), () => {
  let theirs: FileRegistry;

  before(async () => {
    const { protos } = await regtestPrograms();
    theirs = createFileRegistry(fromBinary(FileDescriptorSetSchema, readFileSync(protos)));
  });

  test("every field has lnd's number, name and type", () => {
    const messages = messagesOf(OURS);
    assert.ok(messages.size > 60, `${messages.size} messages`);
    for (const [name, { fields }] of messages) {
      const message = theirs.getMessage(name);
      assert.ok(message !== undefined, name);
      for (const field of fields) {
        const same: DescField | undefined = message.fields.find(({ number }) => number === field.number);
        assert.deepEqual(rowOf(field), same === undefined ? undefined : rowOf(same), `${name}.${field.name}`);
      }
    }
  });

  test("every value of an enum has lnd's number", () => {
    for (const [name, { values }] of enumsOf(OURS)) {
      const known = new Map(theirs.getEnum(name)?.values.map((value) => [value.number, value.name]));
      for (const value of values) assert.equal(value.name, known.get(value.number), `${name} ${value.number}`);
    }
  });

  test("every method takes, gives and streams what lnd's does", () => {
    const services = OURS.flatMap((file) => file.services);
    assert.equal(services.length, 7);
    for (const { typeName, methods } of services) {
      for (const { name, input, output, methodKind } of methods) {
        const same: DescMethod | undefined = theirs
          .getService(typeName)
          ?.methods.find((method) => method.name === name);
        assert.deepEqual(
          [input.typeName, output.typeName, methodKind],
          [same?.input.typeName, same?.output.typeName, same?.methodKind],
          `${typeName}/${name}`,
        );
      }
    }
  });
});
