import { after, before, describe, test } from "node:test";
import { needs } from "../../tools/need.ts";
import { CHANNEL_CASES } from "./channels.ts";
import { COIN_CASES } from "./coins.ts";
import { fakeWorld } from "./fakeworld.ts";
import { realWorld } from "./realworld.ts";
import { SPEND_CASES } from "./spends.ts";
import type { World } from "./world.ts";

const CASES = [...COIN_CASES, ...SPEND_CASES, ...CHANNEL_CASES];

for (const [name, begin, needed] of [
  ["the fake lnd", fakeWorld, {}],
  ["real lnd on btcd", realWorld, needs("go")],
] as const) {
  describe(`${name}: each trap of swaps`, needed, () => {
    let world: World;
    before(async () => {
      world = await begin();
    });
    after(() => world?.stop());
    for (const one of CASES.filter(({ real = true }) => real || begin === fakeWorld)) {
      test(one.name, () => one.run(world));
    }
  });
}
