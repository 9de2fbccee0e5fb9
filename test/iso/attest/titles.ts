/** A string, a template or a comment, whichever begins first. */
const PIECES = /"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`|\/\*[\s\S]*?\*\/|(?<![:\\])\/\/.*$/gm;
/** A test or a group of them that is run: `test.skip(` is another word, and so are these two options. */
const TITLE = /\b(?:test|it|describe)\(\s*(?:"((?:[^"\\]|\\.)*)"|`((?:[^`\\]|\\.)*)`)\s*,(?!\s*\{\s*(?:skip|todo)\b)/g;

const codeOf = (text: string): string => text.replace(PIECES, (piece) => (piece.startsWith("/") ? "" : piece));

/** The titles of a test file's tests and groups; `…` stands for what a title takes from its case. */
function titlesOf(code: string): string[] {
  return [...code.matchAll(TITLE)].map(([, plain, template]) =>
    plain === undefined ? (template ?? "").replaceAll(/\$\{[^}]*\}/g, "…") : (JSON.parse(`"${plain}"`) as string),
  );
}

/**
 * What is wrong with a test that a page names; undefined if it is there.
 * @param cases of a test that goes through a table: its rows, in backticks
 */
export function judgeNamed(text: string, title: string, cases = ""): string | undefined {
  const code = codeOf(text);
  if (!titlesOf(code).includes(title)) return "no test has this title";
  const missing = [...cases.matchAll(/`([^`]+)`/g)]
    .map(([, name = ""]) => name)
    .find((name) => !new RegExp(`(?<![\\w-])["']?${name}["']?\\s*[:,\\]]`).test(code));
  return missing === undefined ? undefined : `${missing} is no case in this file`;
}
