import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import type { Result } from "../../ceremony/result.ts";
import { LND_CALL_MS } from "../../lsp/limits.ts";
import type { Block } from "../../lsp/node/blocks.ts";
import type { LndOptions } from "../../lsp/node/caller.ts";
import { type LndNode, openLnd } from "../../lsp/node/lnd.ts";
import type { LndError } from "../../lsp/node/trouble.ts";
import type { Lnd } from "../regtest/lnd.ts";
import type { Regtest } from "../regtest/regtest.ts";
import { bound } from "../tools/speed.ts";

/** The client under test on an lnd, with its admin macaroon if nothing else is said. */
export function nodeOn(lnd: Lnd, options: Partial<LndOptions> = {}): LndNode {
  const certificate = readFileSync(lnd.certificate, "utf8");
  return openLnd({
    target: lnd.target,
    certificate,
    macaroon: lnd.macaroon,
    deadlineMs: bound(LND_CALL_MS),
    ...options,
  });
}

export async function good<T>(asking: Promise<Result<T, LndError>>): Promise<T> {
  const answer = await asking;
  assert.ok(answer.ok, JSON.stringify(answer));
  return answer.value;
}

/** The code of an answer that must be none. */
export async function bad(asking: Promise<Result<unknown, LndError>>): Promise<LndError["code"]> {
  const answer = await asking;
  assert.ok(!answer.ok, JSON.stringify(answer));
  return answer.error.code;
}

export interface Followed {
  readonly blocks: Block[];
  /** The codes as they changed. */
  readonly troubles: string[];
  close(): void;
}

export function follow(node: LndNode): Followed {
  const [blocks, troubles]: [Block[], string[]] = [[], []];
  const watch = node.watchBlocks({
    onBlock: (block) => blocks.push(block),
    onTrouble: (trouble) => troubles.push(trouble?.code ?? "well"),
  });
  return { blocks, troubles, close: watch.close };
}

/** The blocks of the chain from a height on. */
export async function chainFrom({ chain }: Regtest, first: number): Promise<Block[]> {
  const heights = Array.from({ length: (await chain.height()) - first + 1 }, (_, i) => first + i);
  return Promise.all(heights.map(async (height) => ({ height, hash: await chain.blockHash(height) })));
}
