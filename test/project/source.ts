import { dirname, join, normalize } from "node:path";

/** A file of the project: its path from the top, with `/`, and its text. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

/** What a file loads: package and `node:` names as written, relative ones as paths from the top. */
export function importsOf({ path, text }: SourceFile): string[] {
  const found = withoutComments(text).matchAll(
    /\b(?:import|export)\b[^;"'`]*?\bfrom\s*["']([^"']+)["']|\bimport\s*["']([^"']+)["']|\b(?:import|require)\s*\(\s*["'`]([^"'`]+)["'`]/g,
  );
  return [...found].map(([, from, bare, called]) => {
    const name = from ?? bare ?? called ?? "";
    return name.startsWith(".") ? normalize(join(dirname(path), name)) : name;
  });
}

/** The text with comments and plain strings emptied, so that prose matches no rule. Templates stay: they hold code. */
export function codeWithoutText({ text }: SourceFile): string {
  return withoutComments(text).replace(/"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'/g, '""');
}

function withoutComments(text: string): string {
  return text.replace(
    /("(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')|\/\*[\s\S]*?\*\/|(?<![:\\])\/\/.*$/gm,
    (_, string: string | undefined) => string ?? "",
  );
}
