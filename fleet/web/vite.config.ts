/**
 * Builds both pages in one run, each into a folder that its own server serves alone: dist/operator and dist/panel.
 * Every address inside is relative; nothing is fetched from elsewhere.
 */
import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig, type EnvironmentOptions } from "vite";

const ROOT = fileURLToPath(new URL(".", import.meta.url));
const PAGES = ["operator", "panel"] as const;

/** A page is an environment of its own: no chunk is shared between two servers. */
function page(name: (typeof PAGES)[number]): EnvironmentOptions {
  return {
    consumer: "client",
    build: {
      outDir: `${ROOT}dist`,
      assetsDir: `${name}/assets`,
      emptyOutDir: false,
      modulePreload: false,
      rolldownOptions: { input: `${ROOT}${name}/index.html` },
    },
  };
}

export default defineConfig({
  root: ROOT,
  base: "./",
  publicDir: false,
  plugins: [react()],
  environments: { operator: page("operator"), panel: page("panel") },
  builder: {
    buildApp: async (builder) => {
      for (const name of PAGES) {
        const environment = builder.environments[name];
        if (environment !== undefined) await builder.build(environment);
      }
    },
  },
});
