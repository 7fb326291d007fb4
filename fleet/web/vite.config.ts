/**
 * Builds both pages in one run, each into a folder that its own server serves alone: operator and panel below dist, or
 * below the folder that --outDir names. Every address inside is relative; nothing is fetched from elsewhere.
 */
import { rmSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig, type EnvironmentOptions, type Plugin } from "vite";

const ROOT = fileURLToPath(new URL(".", import.meta.url));
const PAGES = ["operator", "panel"] as const;

/** A page is an environment of its own: no chunk is shared between two servers. */
function page(name: (typeof PAGES)[number]): EnvironmentOptions {
  return {
    consumer: "client",
    build: {
      assetsDir: `${name}/assets`,
      emptyOutDir: false,
      modulePreload: false,
      rolldownOptions: { input: `${ROOT}${name}/index.html` },
    },
  };
}

/** dist/NAME is served as the root, so a page finds its assets beside it, not beside its folder. */
function assetsBeside(): Plugin {
  return {
    name: "assets-beside",
    enforce: "post",
    generateBundle(_options, bundle) {
      for (const file of Object.values(bundle)) {
        if (file.type !== "asset" || !file.fileName.endsWith(".html")) continue;
        file.source = String(file.source).replaceAll(/\.\.\/(?:operator|panel)\/assets\//g, "./assets/");
      }
    },
  };
}

export default defineConfig({
  root: ROOT,
  base: "./",
  publicDir: false,
  build: { outDir: `${ROOT}dist` },
  plugins: [react(), assetsBeside()],
  environments: { operator: page("operator"), panel: page("panel") },
  builder: {
    buildApp: async (builder) => {
      for (const name of PAGES) {
        const environment = builder.environments[name];
        if (environment === undefined) continue;
        rmSync(resolve(ROOT, environment.config.build.outDir, name), { recursive: true, force: true });
        await builder.build(environment);
      }
    },
  },
});
