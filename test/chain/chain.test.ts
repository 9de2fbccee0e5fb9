import assert from "node:assert/strict";
import { globSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { create, toBinary } from "@bufbuild/protobuf";
import { ResponseSchema } from "../../proto/gen/btc_lsp/method/swap_into_ln_pb.js";
import { openSigner, type SignerClient } from "../../signer/client/client.ts";
import { type Lnd, startLnd } from "../regtest/lnd.ts";
import type { Notes } from "../rehearsal/player.ts";
import { rehearse } from "../rehearsal/rehearse.ts";
import { frameOf, freshNonce } from "../signer/service/frames.ts";
import { needs } from "../tools/need.ts";
import { runChainSigner, type SignerProcess, startSigner } from "./signer.ts";

const METHOD = "/BtcLsp.Service/SwapIntoLn";
const REPEATS = 20;

describe("from the ceremony to a signature that lnd accepts", needs("go"), () => {
  const folder = mkdtempSync(join(tmpdir(), "chain-"));
  const out = join(folder, "ceremony");
  const [socket, data] = [join(folder, "run", "lsp.sock"), join(folder, "data")];
  const witness = join(folder, "witness.jsonl");
  let notes: Notes;
  let restored: Lnd;
  let stranger: Lnd;
  let signer: SignerProcess;
  let client: SignerClient;

  before(async () => {
    const identity = join(folder, "signer-identity.txt");
    const recipient = runChainSigner(["recipient", "--out", identity]).match(/age1[0-9a-z]+/)?.[0];
    assert.ok(recipient);
    notes = await rehearse({ out, recipient, noScreens: true });
    const { words, passphrase } = notes;
    // One that knows nothing of this seed: of the ceremony it gets the node id alone.
    stranger = await startLnd({ words: STRANGERS_WORDS.split(" ") });
    restored = await startLnd({ words, passphrase });
    const files = ["--bundle", join(out, "identity.age"), "--identity-file", identity];
    const where = ["--network", "regtest", "--data", data, "--socket", socket];
    signer = await startSigner([...files, ...where, "--accounts", join(out, "accounts.json")]);
    client = openSigner({ place: { socket }, nodeId: notes.nodeId, network: "regtest", witnessFile: witness });
  });

  after(async () => {
    await client?.close();
    await Promise.all([signer, restored, stranger].map((one) => one?.stop()));
    rmSync(folder, { recursive: true, force: true });
  });

  test("ceremony, signer and restored lnd name one node", () => {
    assert.equal(signer.nodeId, notes.nodeId);
    assert.equal(restored.nodeId, notes.nodeId);
    assert.notEqual(stranger.nodeId, notes.nodeId);
  });

  test("an address of this lnd is vouched for; another lnd verifies it with the ceremony's node id", async () => {
    const frame = swapFrame(notes.nodeId, await newAddress(restored));
    const result = await client.sign(frame, METHOD, "response", { deadlineMs: 10_000 });
    assert.ok(result.kind === "signed", JSON.stringify(result));
    assert.equal(await stranger.verifyMessage(frame, result.signature, notes.nodeId), true);
    assert.equal(await stranger.verifyMessage(frame, result.signature, stranger.nodeId), false);
    const changed = Buffer.from(frame);
    changed[frame.length - 1] = (frame.at(-1) ?? 0) ^ 1;
    assert.equal(await stranger.verifyMessage(changed, result.signature, notes.nodeId), false);
  });

  test("lnd restored from the words signs with the same key: another lnd takes its signature and the signer's alike", async () => {
    for (let count = 0; count < REPEATS; count += 1) {
      const frame = swapFrame(notes.nodeId, await newAddress(restored));
      const result = await client.sign(frame, METHOD, "response", { deadlineMs: 10_000 });
      assert.ok(result.kind === "signed", JSON.stringify(result));
      for (const signature of [result.signature, await restored.signMessage(frame)])
        assert.equal(await stranger.verifyMessage(frame, signature, notes.nodeId), true);
    }
  });

  test("an address of another lnd is not, whatever else is right", async () => {
    const frame = swapFrame(notes.nodeId, await newAddress(stranger));
    const result = await client.sign(frame, METHOD, "response", { deadlineMs: 10_000 });
    assert.ok(result.kind === "refused" && result.rule === "meaning.address", JSON.stringify(result));
  });

  test("its log holds every decision, and all that the client has seen of it", async () => {
    await client.close();
    await signer.stop();
    const verdict = runChainSigner(["audit", "verify", "--data", data, "--witness", witness]);
    assert.match(verdict, /^OK /);
    const decisions = decisionsIn(join(data, "audit"));
    assert.deepEqual([decisions.get("signed"), decisions.get("refused")], [1 + REPEATS, 1]);
  });
});

const STRANGERS_WORDS =
  "about wolf boost other battle asthma refuse wedding few purchase track one " +
  "smooth tunnel immune glass infant tag manual multiply diagram orient wrist agent";

/** How often each decision stands in a log's segments. */
function decisionsIn(folder: string): Map<string, number> {
  const lines = globSync("*", { cwd: folder })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile())
    .flatMap((path) => readFileSync(path, "utf8").split("\n"))
    .filter((line) => line.includes('"decision"'));
  const counted = new Map<string, number>();
  for (const line of lines) {
    const { decision } = JSON.parse(line) as { decision: string };
    counted.set(decision, (counted.get(decision) ?? 0) + 1);
  }
  return counted;
}

/** As lnd hands them out: m/84'/0'/0'/0/i. */
async function newAddress(lnd: Lnd): Promise<string> {
  const { address } = await lnd.call<{ address: string }>("lnrpc.Lightning/NewAddress", {
    type: "WITNESS_PUBKEY_HASH",
  });
  return address;
}

function swapFrame(nodeId: string, address: string): Buffer {
  const message = create(ResponseSchema, {
    ctx: { nonce: { val: freshNonce() }, lnPubKey: { val: Buffer.from(nodeId, "hex") } },
    either: { case: "success", value: { fundOnChainAddress: { val: { val: address } } } },
  });
  return frameOf(toBinary(ResponseSchema, message));
}
