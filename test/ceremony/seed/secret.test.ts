import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { inspect } from "node:util";
import { Secret } from "../../../core/secret.ts";

describe("Secret", () => {
  const canary = "correct horse";
  const secret = Secret.copyOf(Buffer.from(canary));

  it("shows itself in no way in which values get printed", () => {
    const shown = [
      String(secret),
      `${secret}`,
      secret.toString(),
      JSON.stringify(secret),
      JSON.stringify({ in: [secret] }),
      inspect(secret),
      inspect({ in: [secret] }, { depth: null, showHidden: true }),
      Object.entries(secret).join(),
      JSON.stringify({ ...secret }),
      new Error("x", { cause: secret }).stack ?? "",
      inspect(new Error("x", { cause: secret })),
    ].join("\n");
    for (const form of [
      canary,
      Buffer.from(canary).toString("hex"),
      Buffer.from(canary).toString("base64"),
      "99, 111",
    ]) {
      assert.ok(!shown.includes(form), form);
    }
    assert.deepEqual([`${secret}`, JSON.stringify(secret), inspect(secret)], ["[secret]", '"[secret]"', "[secret]"]);
  });

  it("copies, so that wiping the source leaves it whole, and takes, so that the source is gone", () => {
    const source = Buffer.from(canary);
    const copy = Secret.copyOf(source);
    source.fill(0);
    assert.equal(copy.bytes.toString(), canary);
    const given = Buffer.from(canary);
    const taken = Secret.take(given);
    assert.equal(taken.bytes.toString(), canary);
    assert.ok(given.every((byte) => byte === 0));
  });

  it("has memory of its own, not a piece of Node's shared pool", () => {
    assert.equal(secret.bytes.buffer.byteLength, canary.length);
    assert.equal(secret.bytes.byteOffset, 0);
  });

  it("compares by content, whatever the lengths", () => {
    assert.ok(secret.equals(Secret.copyOf(Buffer.from(canary))));
    assert.ok(!secret.equals(Secret.copyOf(Buffer.from("correct horsf"))));
    assert.ok(!secret.equals(Secret.copyOf(Buffer.from("correct"))));
    assert.ok(!secret.equals(Secret.copyOf(Buffer.alloc(0))));
  });

  it("is zeros after a wipe, also through a view that was handed out before", () => {
    const mortal = Secret.copyOf(Buffer.from(canary));
    const view = mortal.bytes;
    mortal.wipe();
    mortal.wipe();
    assert.ok(view.every((byte) => byte === 0));
    assert.equal(mortal.length, canary.length);
  });
});
