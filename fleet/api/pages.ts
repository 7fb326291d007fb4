/** Serves the built pages. An address that is no file and no API belongs to a page: it gets the page's index. */
import { stat } from "node:fs/promises";
import { join } from "node:path";
import fastifyStatic from "@fastify/static";
import type { FastifyInstance } from "fastify";
import fp from "fastify-plugin";
import { type Config, ConfigError } from "../config.js";
import { sendProblem } from "./errors.js";

/** Throws ConfigError for a folder of pages without any. Before anything is started: it is cured by a build. */
export async function checkPages({ pagesDir }: Config): Promise<void> {
  if (pagesDir === undefined) return;
  const index = await stat(join(pagesDir, "index.html")).catch(() => undefined);
  if (index?.isFile() === true) return;
  throw new ConfigError("SPIRAL_PAGES_DIR", `is ${pagesDir}, where no index.html is`, "Build the pages first.");
}

export const pagesPlugin = fp(
  async (app: FastifyInstance, { config }: { readonly config: Config }) => {
    const { pagesDir } = config;
    if (pagesDir === undefined) {
      app.setNotFoundHandler((_request, reply) => sendProblem(reply, "no-such-route"));
      return;
    }
    await app.register(fastifyStatic, { root: pagesDir, cacheControl: true, maxAge: 0, wildcard: true });
    app.setNotFoundHandler((request, reply) => {
      const isPage = request.method === "GET" && (request.headers.accept ?? "").includes("text/html");
      return isPage ? reply.type("text/html").sendFile("index.html") : sendProblem(reply, "no-such-route");
    });
  },
  { name: "pages" },
);
