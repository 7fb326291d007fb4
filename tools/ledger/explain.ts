/** What went wrong with arguments or a file, in words that say what a person can do about it. */

/** more: where to read on, said where the error itself does not help. */
export function explain(error: unknown, more: string): string {
  if (!(error instanceof Error)) return String(error);
  if (!("code" in error)) return error.message;
  if (error.code === "ENOENT") return `There is no such file: ${"path" in error ? String(error.path) : error.message}.`;
  if (error.code === "EISDIR") return "That is a folder. Name the file itself, for example the cabinet.state in it.";
  if (error.code === "EACCES") return `It may not be read by this user: ${error.message}.`;
  return `${error.message.split(". ")[0] ?? ""}. ${more}`;
}
