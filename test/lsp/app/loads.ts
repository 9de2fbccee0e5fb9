import { appendFileSync } from "node:fs";
import { registerHooks } from "node:module";

// Preloaded into each thread of a program: every file that it loads as a module becomes a line of the file LOADED.

const file = process.env["LOADED"];
registerHooks({
  load(url, context, next) {
    if (file !== undefined && url.startsWith("file:")) appendFileSync(file, `${url}\n`);
    return next(url, context);
  },
});
