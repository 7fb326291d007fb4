/** Puts a page into its document. */
import { type ReactNode, StrictMode } from "react";
import { createRoot } from "react-dom/client";

/** Renders `page` into the element with id `root`. Throws if the document has none. */
export function mount(page: ReactNode): void {
  const root = document.getElementById("root");
  if (root === null) throw new Error("the document has no #root");
  createRoot(root).render(<StrictMode>{page}</StrictMode>);
}
