import { DISK } from "../../../signer/audit/io.ts";
import type { SignerRigOptions } from "./rig.ts";

/**
 * Where a signature is between question and answer: every place at which the signer awaits something or calls the disk,
 * before and after. `out` says whether an answer may have left by then.
 */
export const FAILPOINTS = {
  judged: "the policy has said yes",
  signing: "the signature is asked for",
  signed: "the signature is there, nothing is on record",
  appending: "the record is handed to the log",
  writing: "before the record is written",
  torn: "half of the record is written",
  written: "the record is written, not flushed",
  flushed: "fdatasync has returned",
  recorded: "the log has said that it is on the disk",
} as const;

export type Failpoint = keyof typeof FAILPOINTS;

export const FAILPOINT_NAMES = Object.keys(FAILPOINTS) as Failpoint[];

/** Adapters of a service that dies, as of kill -9, the `nth` time after `arm` that it comes to `point`. */
export function dyingAt(point: Failpoint, nth: number): { options: SignerRigOptions; arm: () => void } {
  let left = Number.POSITIVE_INFINITY;
  const at = (here: Failpoint): void => {
    if (here !== point) return;
    left -= 1;
    if (left === 0) process.kill(process.pid, "SIGKILL");
  };
  const options: SignerRigOptions = {
    wrapJudge: (judge) => ({
      ...judge,
      decide(client, item) {
        const verdict = judge.decide(client, item);
        at("judged");
        return verdict;
      },
    }),
    wrapSigning: ({ sign, close }) => ({
      close,
      sign(digests) {
        at("signing");
        const made = sign(digests);
        if (!(made instanceof Promise)) {
          at("signed");
          return made;
        }
        return made.then((signed) => {
          at("signed");
          return signed;
        });
      },
    }),
    wrapAudit: (log) => ({
      async append(entries) {
        at("appending");
        const place = await log.append(entries);
        at("recorded");
        return place;
      },
      note: (text) => log.note(text),
      nextAddress: (next) => log.nextAddress(next),
      setBack: (to) => log.setBack(to),
      hashOf: (seq) => log.hashOf(seq),
      key: () => log.key(),
      head: () => log.head(),
      disk: () => log.disk(),
      refusal: () => log.refusal(),
      close: () => log.close(),
    }),
    io: {
      ...DISK,
      write(fd, bytes, length, position) {
        at("writing");
        if (point === "torn" && left === 1) DISK.write(fd, bytes, length >> 1, position);
        at("torn");
        DISK.write(fd, bytes, length, position);
        at("written");
      },
      flush(fd) {
        DISK.flush(fd);
        at("flushed");
      },
      flushLater(fd, done) {
        DISK.flushLater(fd, (error) => {
          at("flushed");
          done(error);
        });
      },
    },
  };
  return {
    options,
    arm() {
      left = nth;
    },
  };
}
