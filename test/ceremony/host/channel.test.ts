import assert from "node:assert/strict";
import { fstatSync, readFileSync, readlinkSync, readSync, writeSync } from "node:fs";
import { test } from "node:test";
import { setTimeout } from "node:timers/promises";
import fc from "fast-check";
import {
  CHANNEL_LIMIT,
  type ChannelCode,
  createChannel,
  type Json,
  MESSAGE_LIMIT,
  openChildPort,
  type ParentPort,
} from "../../../ceremony/host/channel.ts";

/** A channel whose other side is the test itself, by plain reads and writes of the two files. */
function openChannel(): { port: ParentPort; toChild: number; toParent: number } {
  const channel = createChannel();
  assert(channel.ok);
  const [toChild, toParent] = channel.value.childFds;
  return { port: channel.value.parent, toChild, toParent };
}

const refuses = (code: ChannelCode) => ({ name: "ChannelError", code, message: code });

test("the files lie in memory, belong to us alone and have no name", () => {
  const { port, toChild, toParent } = openChannel();
  for (const fd of [toChild, toParent]) {
    const status = fstatSync(fd);
    assert(status.isFile());
    assert.equal(status.nlink, 0);
    assert.equal(status.mode & 0o777, 0o600);
    const folder = readlinkSync(`/proc/self/fd/${fd}`).replace(/\/#\d+ \(deleted\)$/, "");
    assert.match(readFileSync("/proc/mounts", "utf8"), new RegExp(`^\\S+ ${folder} (tmpfs|ramfs) `, "m"));
  }
  port.close();
});

test("messages arrive whole and in order, however the bytes arrive", async () => {
  const pieces = fc.array(fc.tuple(fc.jsonValue(), fc.nat()), { minLength: 1, maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(pieces, async (sent) => {
      const { port, toParent } = openChannel();
      const answers = sent.map(() => port.receive());
      for (const [message, cut] of sent) {
        const line = Buffer.from(`${JSON.stringify(message)}\n`);
        const at = cut % line.length;
        writeSync(toParent, line.subarray(0, at));
        if (cut % 2 === 0) await setTimeout(1);
        writeSync(toParent, line.subarray(at));
      }
      const expected = sent.map(([message]) => JSON.parse(JSON.stringify(message)));
      assert.deepEqual(await Promise.all(answers), expected);
      port.close();
    }),
    { numRuns: 40 },
  );
});

test("what is sent is lines of JSON, after the parent's process id", () => {
  const { port, toChild } = openChannel();
  const messages: Json[] = [{ a: [1, null, "é\n"] }, "two"];
  for (const message of messages) port.send(message);
  const bytes = Buffer.alloc(1000);
  const lines = bytes.toString("utf8", 0, readSync(toChild, bytes, 0, bytes.length, 0)).split("\n");
  assert.deepEqual(lines, [`${process.pid}`, ...messages.map((message) => JSON.stringify(message)), ""]);
  port.close();
});

test("a message and a channel have a size limit", () => {
  const { port } = openChannel();
  const longest = "x".repeat(MESSAGE_LIMIT - 3);
  assert.throws(() => port.send(`${longest}x`), refuses("message_too_long"));
  const fitting = Math.floor(CHANNEL_LIMIT / MESSAGE_LIMIT) - 1;
  for (let sent = 0; sent < fitting; sent += 1) port.send(longest);
  assert.throws(() => port.send(longest), refuses("channel_full"));
  port.close();
});

test("a line that is no JSON, and one that never ends, are refused", async () => {
  const garbled = openChannel();
  writeSync(garbled.toParent, "{no\n");
  await assert.rejects(garbled.port.receive(), refuses("bad_message"));
  garbled.port.close();
  const endless = openChannel();
  writeSync(endless.toParent, Buffer.alloc(MESSAGE_LIMIT + 1, 0x20));
  await assert.rejects(endless.port.receive(), refuses("bad_message"));
  endless.port.close();
});

test("what a peer wrote before it went is still received, then nothing more", async () => {
  const { port, toParent } = openChannel();
  writeSync(toParent, '"last"\n"torn');
  port.peerGone();
  assert.equal(await port.receive(), "last");
  await assert.rejects(port.receive(), refuses("peer_gone"));
  port.close();
});

test("closing ends a waiting receive, and nothing works after", async () => {
  const { port } = openChannel();
  const waiting = assert.rejects(port.receive(), refuses("closed"));
  port.close();
  port.close();
  await waiting;
  assert.throws(() => port.send(1), refuses("closed"));
});

test("descriptors that are no channel, or another parent's, are refused", () => {
  const { port, toChild, toParent } = openChannel();
  // Ours names this process as the parent, which is not its own parent.
  const cases: [number, number][] = [
    [0, 1],
    [9_998, 9_999],
    [toParent, toChild],
    [toChild, toParent],
  ];
  for (const fds of cases) {
    const opened = openChildPort(fds);
    assert(!opened.ok);
    assert.equal(opened.error.code, "not_a_channel");
  }
  port.close();
});
