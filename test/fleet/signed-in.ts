/** The first user of a test's fleet, signed in: what most tests of the API begin with. */
import type { LightMyRequestResponse } from "fastify";
import { ensureFirstUser } from "../../fleet/api/session/first-user.js";
import { OUR_PAGE, type TestFleet } from "./support.js";

export interface SignedIn {
  readonly cookie: string;
  /** A request with the cookie. `payload` goes as JSON unless it is text with a content type given. */
  ask(method: Method, path: string, payload?: object | string, headers?: Record<string, string>): Promise<Answer>;
}

export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly text: string;
  readonly json: LightMyRequestResponse["json"];
}

/** `path` begins below /api/v1. */
export async function signedIn(
  fleet: Pick<TestFleet, "app" | "databases" | "operatorId" | "config">,
): Promise<SignedIn> {
  const { name, password } = await ensureFirstUser(fleet.databases, fleet.operatorId, fleet.config.dataDir);
  const session = await fleet.app.inject({ method: "POST", url: "/api/v1/session", payload: { name, password } });
  if (session.statusCode !== 200) throw new Error(`sign-in: ${session.body}`);
  const cookie = String(session.headers["set-cookie"]).split(";")[0] ?? "";
  return {
    cookie,
    ask: async (method, path, payload, headers = {}) => {
      const answer = await fleet.app.inject({
        method,
        url: `/api/v1${path}`,
        headers: { ...OUR_PAGE, cookie, ...headers },
        ...(payload === undefined ? {} : { payload }),
      });
      return {
        status: answer.statusCode,
        headers: answer.headers,
        text: answer.body,
        json: answer.json,
      };
    },
  };
}
