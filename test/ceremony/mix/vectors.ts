import { readFileSync } from "node:fs";
import type { MixInput, MixLabel } from "../../../ceremony/mix/mixer.ts";
import { Secret } from "../../../core/secret.ts";

export interface Opened {
  readonly ceremonyId: string;
  readonly round: number;
  readonly machineShare: string;
  readonly blind: string;
  readonly dice: string;
  readonly configHash: string;
}

export interface MixVector {
  readonly name: string;
  readonly opened: Opened;
  readonly steps: Readonly<
    Record<"commitmentInput" | "hkdfSalt" | "keyMaterial" | "pseudorandomKey" | "outputInput", string>
  >;
  readonly expected: Readonly<Record<"commitment" | "entropy" | "salt" | "outputCommitment", string>>;
  readonly labels: Readonly<Record<Extract<MixLabel, `bundle-${string}`>, string>>;
}

const file: { config: string; vectors: MixVector[] } = JSON.parse(
  readFileSync(new URL("../../vectors/mix.json", import.meta.url), "utf8"),
);

export const VECTORS: readonly MixVector[] = file.vectors;
/** The canonical configuration whose hash the first vector has. */
export const CONFIG: string = file.config;

export const fromHex = (hex: string) => Secret.take(Buffer.from(hex, "hex"));
export const hexOf = (secret: Secret) => secret.bytes.toString("hex");

/** An opened round as the mix takes it. */
export function mixInput(opened: Opened): MixInput & { blind: Secret } {
  return {
    ceremonyId: opened.ceremonyId,
    round: opened.round,
    configHash: opened.configHash,
    share: fromHex(opened.machineShare),
    dice: Secret.copyOf(Buffer.from(opened.dice, "ascii")),
    blind: fromHex(opened.blind),
  };
}
