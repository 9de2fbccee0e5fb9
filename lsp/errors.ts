/**
 * Every code that `lsp` can end with or log, and what it tells a person. A code is part of the interface: it is printed
 * in brackets before the sentence, it is the `code` of a log line, and docs/lsp.md has a row for it.
 */
export const ERRORS = {
  usage: "the command line is not one of those that `lsp --help` shows",
  failed: "something failed that should not; the line above says what",
} as const;

export type ErrorCode = keyof typeof ERRORS;
