/** One that has the form. */
export const LINE_RECIPIENT = `age1${"q".repeat(58)}`;

/** What is in recipient.txt: each is the one recipient. */
export const RECIPIENT_FILES: Readonly<Record<string, string>> = {
  "a line": `${LINE_RECIPIENT}\n`,
  "no line end": LINE_RECIPIENT,
  "CR LF": `${LINE_RECIPIENT}\r\n`,
  "CR LF, and no last LF": `${LINE_RECIPIENT}\r`,
  "a BOM": `\uFEFF${LINE_RECIPIENT}\n`,
  "a BOM and CR LF": `\uFEFF${LINE_RECIPIENT}\r\n\r\n`,
  "blanks before and after": `\n \t\n  ${LINE_RECIPIENT} \t \r\n`,
  "a comment, as age takes it": `# the signer of June\n${LINE_RECIPIENT}\n`,
  "all that signer recipient prints": `${LINE_RECIPIENT}\n\n  1   0000 0000   aardvark adroitness aardvark adroitness\n`,
};

/** Of recipient.txt: what it holds, and what is said. */
export const RECIPIENTS_REFUSED: Readonly<Record<string, readonly [string | Buffer, RegExp]>> = {
  nothing: ["", /names 0 recipients/],
  "another thing": ["the recipient of June\n", /names 0 recipients/],
  "two recipients": [`${LINE_RECIPIENT}\n${LINE_RECIPIENT}\n`, /names 2 recipients/],
  "two recipients on a line": [`${LINE_RECIPIENT} ${LINE_RECIPIENT}\n`, /holds no recipient/],
  "a letter less": [`${LINE_RECIPIENT.slice(0, -1)}\n`, /holds no recipient/],
  "a blank in it": [`${LINE_RECIPIENT.slice(0, 9)} ${LINE_RECIPIENT.slice(9)}\n`, /holds no recipient/],
  "a mixed case": [`${LINE_RECIPIENT.slice(0, -1)}Q\n`, /holds no recipient/],
  "UTF-16": [Buffer.from(`\uFEFF${LINE_RECIPIENT}\r\n`, "utf16le"), /holds no recipient/],
};
