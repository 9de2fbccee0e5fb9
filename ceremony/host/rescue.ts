import { editLine, fieldLine } from "../flow/field.ts";
import type { SittingFacts } from "../flow/turn.ts";
import { given } from "../flow/turn.ts";
import { OUT_NAME_MAX, OUT_ROOM } from "../limits.ts";
import { fits, type Size, screenFrame } from "../screen/frame.ts";
import { type Line, line, span } from "../screen/span.ts";
import { outField } from "../table/fields.ts";
import { OUTPUT_GONE, stepsFor } from "../table/steps.ts";
import type { Ledger } from "./ledger.ts";
import type { OutputError } from "./output.ts";
import type { Desk } from "./runner.ts";

/** What is wrong with an output folder, after its name. */
export const FOLDER_TEXTS: Readonly<Record<OutputError["code"], string>> = {
  out_not_empty: "is not empty",
  out_unwritable: "cannot be written",
  out_full: `has no room for ${OUT_ROOM / 1024} KiB`,
};

const END_WORD = "END";

/**
 * The output folder has failed, and the plates are engraved: people may name another folder, as often as need be, and
 * what was recorded so far is written there with the rest. In the image nothing but the stick can be written, and a
 * device that is plugged in ends the ceremony: there END is what is left.
 *
 * @returns false if they ended it, or the terminal is gone
 */
export async function rescueOutput(desk: Desk, facts: SittingFacts, book: Ledger): Promise<boolean> {
  let typed = "";
  let message: string | undefined;
  // What was typed for the page before is no folder's name.
  desk.drop();
  for (;;) {
    desk.draw(rescueScreen({ facts, book, typed, message }, desk.size()));
    const seen = await desk.next();
    if (seen.kind === "gone") return false;
    if (seen.kind === "resize") desk.clear();
    if (seen.kind !== "key" || !fits(desk.size())) continue;
    const edited = editLine(typed, seen.key, OUT_NAME_MAX + 1);
    typed = edited.text;
    message = undefined;
    if (!edited.entered) continue;
    if (typed === END_WORD) return false;
    const moved = isFolderName(typed) ? book.moveTo(typed) : undefined;
    if (moved?.ok === true) {
      desk.drop();
      return true;
    }
    message =
      moved === undefined
        ? `A folder's name has 1 to ${OUT_NAME_MAX} ASCII characters, none of them a blank.`
        : `It ${FOLDER_TEXTS[moved.error.code]} (${[moved.error.code, moved.error.errno].filter(Boolean).join(", ")}).`;
    typed = "";
  }
}

const isFolderName = (text: string): boolean => outField.type === "text" && outField.pattern.test(text);

interface Shown {
  readonly facts: SittingFacts;
  readonly book: Ledger;
  readonly typed: string;
  readonly message: string | undefined;
}

function rescueScreen({ facts, book, typed, message }: Shown, size: Size): Line[] {
  const { version, config } = facts;
  const steps = stepsFor(config);
  const step = given(
    steps.find(({ id }) => id === book.step()),
    "step",
  );
  const lines = [
    line("folder  ", span(book.folder().padEnd(OUT_NAME_MAX), "strong", "out")),
    [],
    line("The plates are engraved, and nothing is lost yet: type another folder, empty or"),
    line("new, there or on another medium. All that was recorded is written into it, the"),
    line("files too, and the transcript says that it moved. The image writes to its stick"),
    line(`alone, and a device that is plugged in ends the ceremony: there type ${END_WORD}. What is`),
    line("on the plates stays good: ceremony inspect finds node id and accounts in it."),
    [],
    fieldLine("another folder:", typed),
  ];
  const keys = `Enter go on in this folder   ${END_WORD} and Enter: end the ceremony`;
  const body = { lines, keys, ...(message === undefined ? {} : { message }) };
  const { mode, network } = config;
  return screenFrame(body, { mode, network, version, steps, step, page: OUTPUT_GONE }, size);
}
