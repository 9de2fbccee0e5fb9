import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { wordlists } from "bip39";
import { verifyTranscript } from "../../../ceremony/transcript/verify.ts";
import type { BundlePayload } from "../../../core/payload.ts";
import { pgpBytes } from "../../../core/pgpwords.ts";
import { openIdentity } from "../../../signer/bundle/identity.ts";
import { openBundle } from "../../../signer/bundle/open.ts";
import { searchFiles, searchProcess } from "../../rehearsal/memory.ts";
import { needlesFor } from "../../rehearsal/needles.ts";
import type { Notes } from "../../rehearsal/player.ts";
import { rehearse } from "../../rehearsal/rehearse.ts";
import { needs } from "../../tools/need.ts";
import { ROOT } from "../../tools/sources.ts";
import { IDENTITY, RECIPIENT } from "./samples.ts";

/** What a signer of regtest makes of the folder's bundle with this identity file. */
async function opened(out: string, identityFile: Uint8Array): Promise<BundlePayload> {
  const identity = await openIdentity(identityFile);
  assert.ok(identity.ok);
  const bundle = readFileSync(join(out, "identity.age"));
  const found = await openBundle({ bundle, identity: identity.value, network: "regtest", mode: "rehearsal" });
  assert.ok(found.ok, JSON.stringify(found));
  const asProduction = await openBundle({ bundle, identity: identity.value, network: "regtest", mode: "production" });
  assert.deepEqual(asProduction, { ok: false, error: { code: "bundle_mode", found: "rehearsal" } });
  return found.value;
}

/** The key in the forms that the search knows. It wants a phrase too: these words are of no ceremony. */
function needlesOf({ privateKey }: BundlePayload) {
  const words = Array.from({ length: 24 }, (_, at) => wordlists["english"]?.[(at * 769 + 5) % 2048] ?? "");
  const entropy = createHash("sha256").update("of no ceremony").digest().subarray(0, 16);
  return needlesFor({ words, passphrase: "of no ceremony", entropy, others: { "identity key": privateKey.bytes } });
}

describe("a rehearsal for a signer", { concurrency: true }, () => {
  let folder = "";
  let notes: Notes | undefined;
  let payload: BundlePayload | undefined;
  const inParent = new Map<string, number>();
  const out = (): string => join(folder, "out");
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "bundle-"));
    notes = await rehearse({
      out: out(),
      recipient: RECIPIENT,
      noScreens: true,
      async watch(scene, _screen, terminal) {
        // The vault has gone; the process that wrote the bundle is at its last screen.
        if (scene !== "machine") return;
        payload = await opened(out(), Buffer.from(IDENTITY));
        for (const [label, count] of searchProcess(terminal.pid, needlesOf(payload))) inParent.set(label, count);
      },
    });
  });
  after(() => rmSync(folder, { recursive: true }));

  test("the bundle opens to the key of the node id that the table saw", () => {
    assert.equal(payload?.nodeId, notes?.nodeId);
    assert.equal(payload?.ceremonyId, "rehearsal-1");
    assert.equal(statSync(join(out(), "identity.age")).mode & 0o777, 0o600);
    assert.ok(!existsSync(join(out(), "signer-identity.txt")));
  });

  test("the key was in no memory of the parent and is in no file", () => {
    assert.ok(payload !== undefined);
    assert.deepEqual([...inParent], []);
    assert.deepEqual([...searchFiles([out()], needlesOf(payload))], []);
  });

  test("the transcript names the recipient, who compared it, and the file", () => {
    const head = pgpBytes(notes?.head ?? []);
    assert.ok(head.ok);
    const { kind, events } = verifyTranscript(readFileSync(join(out(), "transcript.jsonl")), head.value);
    assert.equal(kind, "whole");
    const bundle = readFileSync(join(out(), "identity.age"));
    const sha256 = createHash("sha256").update(bundle).digest("hex");
    const recorded = events.filter(({ step }) => step === "bundle").map(({ actor, data }) => ({ actor, ...data }));
    assert.deepEqual(recorded.toSpliced(1, 1), [
      { actor: "machine", what: "recipient", recipient: RECIPIENT },
      { actor: "machine", what: "written", file: "identity.age", sha256, bytes: bundle.length },
    ]);
    assert.deepEqual(
      [recorded[1]?.actor, events.find(({ step, kind }) => step === "bundle" && kind === "compare")?.data["what"]],
      ["officer2", "compared"],
    );
  });

  test("recompute.py makes the same bytes, and finds one that is not", needs("python3"), () => {
    const recompute = () => spawnSync("python3", [join(ROOT, "test/recompute.py"), out()], { encoding: "utf8" });
    const same = recompute();
    assert.equal(same.status, 0, same.stdout + same.stderr);
    assert.match(same.stdout, /^bundle +[0-9a-f]{64} {2}\[equal: identity.age\]$/m);
    const file = join(out(), "identity.age");
    const bytes = readFileSync(file);
    try {
      writeFileSync(
        file,
        bytes.toString().replace(/\n(.)/, (_, letter) => `\n${letter === "A" ? "B" : "A"}`),
      );
      const other = recompute();
      assert.deepEqual(
        [other.status, other.stdout.trimEnd().split("\n").at(-1)],
        [1, "DIFFERENT: bundle of identity.age"],
      );
    } finally {
      writeFileSync(file, bytes);
    }
  });
});

test("without a recipient a rehearsal makes one and leaves its identity", async () => {
  const folder = mkdtempSync(join(tmpdir(), "bundle-"));
  try {
    const out = join(folder, "out");
    const notes = await rehearse({ out, policy: "none", noScreens: true });
    const file = join(out, "signer-identity.txt");
    assert.equal(statSync(file).mode & 0o777, 0o600);
    assert.equal((await opened(out, readFileSync(file))).nodeId, notes.nodeId);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
