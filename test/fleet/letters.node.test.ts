/** Letters with a link to a password: kept with it, so that neither a dead process nor a dead mail server loses one. */
import { rm } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { SMTPServer } from "smtp-server";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { startFleet } from "../../fleet/server.js";
import { dropLetter, holdLetters, LEASE_MS } from "../../fleet/store/letters.js";
import { MAX_LINKS } from "../../fleet/store/people.js";
import { addOperator } from "../../fleet/store/provision.js";
import { addUser } from "../../fleet/store/users.js";
import { signedIn } from "./signed-in.js";
import { begunFolder, testConfig, until } from "./support.js";

interface Post {
  readonly port: number;
  readonly mails: string[];
  close(): Promise<void>;
}

interface Context {
  folder: string;
}
const test = suite<Context>("fleet/letters");

test.before.each(async (context) => {
  context.folder = await begunFolder();
});
test.after.each(async ({ folder }) => rm(folder, { recursive: true, force: true }));

/** A mail server; port 0: a free one. */
async function openPost(port: number): Promise<Post> {
  const mails: string[] = [];
  const smtp = new SMTPServer({
    authOptional: true,
    disabledCommands: ["STARTTLS"],
    onData: (stream, _session, done) => {
      const parts: Buffer[] = [];
      stream.on("data", (part: Buffer) => parts.push(part));
      stream.on("end", () => {
        mails.push(Buffer.concat(parts).toString().replace(/=\r\n/g, ""));
        done();
      });
    },
  });
  const address = await new Promise<AddressInfo | string | null>((resolve) => {
    const server = smtp.listen(port, "127.0.0.1", () => resolve(server.address()));
  });
  const close = () => new Promise<void>((resolve) => smtp.close(() => resolve()));
  return { port: address !== null && typeof address !== "string" ? address.port : 0, mails, close };
}

function configOf({ folder }: Context, port: number) {
  const mail = { smtpUrl: `smtp://127.0.0.1:${port}`, mailFrom: "spiral@fleet.example" };
  return testConfig(folder, { ...mail, publicUrl: "https://fleet.example" });
}

test("a letter that could not be sent before the process ended is sent by the next one", async (context) => {
  const closed = await openPost(0);
  await closed.close();
  const config = configOf(context, closed.port);
  const first = await startFleet(config);
  const operatorId = await addOperator(first.databases, "Test Vending");
  const owner = await signedIn({ ...first, operatorId, config });
  const answer = await owner.ask("POST", "/users", { name: "Ann", role: "viewer", email: "ann@example.com" });
  assert.is(answer.status, 201, answer.text);
  const { link } = answer.json();
  assert.is(link.mailed, true);
  const [kept] = await first.databases.migrate<{ text: string }[]>`SELECT l::text AS text FROM letters l`;
  assert.ok(kept);
  assert.not.match(kept.text, Buffer.from(link.token).toString("hex"));
  await first.close();
  const post = await openPost(closed.port);
  const second = await startFleet(config);
  const { migrate } = second.databases;
  // As the wait after a try that failed goes by.
  await migrate`UPDATE letters SET due_at = now()`;
  await until(() => post.mails.length > 0, "the letter did not come");
  assert.match(post.mails[0] ?? "", `https://fleet.example/#/password/${link.token}`);
  assert.match(post.mails[0] ?? "", "ann@example.com");
  await until(async () => (await migrate`SELECT 1 FROM letters`).length === 0, "a letter that was sent is still kept");
  await second.close();
  assert.is(post.mails.length, 1);
  await post.close();
});

test("a change that is rolled back leaves no letter; without a mail server there is none", async (context) => {
  const fleet = await startFleet(configOf(context, 1));
  const operatorId = await addOperator(fleet.databases, "Test Vending");
  const owner = await signedIn({ ...fleet, operatorId, config: configOf(context, 1) });
  const ask = () => owner.ask("POST", "/users", { name: "Bob", role: "viewer", email: "bob@example.com" });
  assert.is((await ask()).status, 201);
  const again = await ask();
  assert.equal([again.status, again.json().code], [409, "name-taken"]);
  const count = async () => (await fleet.databases.migrate`SELECT 1 FROM letters`).length;
  assert.is(await count(), 1);
  await fleet.close();
  const silent = await startFleet(testConfig(context.folder));
  const without = await signedIn({ ...silent, operatorId, config: testConfig(context.folder) });
  const made = await without.ask("POST", "/users", { name: "Cleo", role: "viewer", email: "cleo@example.com" });
  assert.is(made.json().link.mailed, false);
  assert.is((await silent.databases.migrate`SELECT 1 FROM letters`).length, 1);
  await silent.close();
});

test("a letter is gone with its link: taken, or in the way of newer ones", async (context) => {
  const config = configOf(context, 1);
  const { databases, ...fleet } = await startFleet(config);
  const operatorId = await addOperator(databases, "Test Vending");
  const owner = await signedIn({ ...fleet, databases, operatorId, config });
  const made = await owner.ask("POST", "/users", { name: "Eve", role: "viewer", email: "eve@example.com" });
  const { user } = made.json();
  const count = async () => (await databases.migrate`SELECT 1 FROM letters`).length;
  const more = () => owner.ask("POST", `/users/${user.id}/password-links`);
  for (let links = 1; links < MAX_LINKS + 2; links++) assert.is((await more()).status, 201);
  assert.is(await count(), MAX_LINKS);
  const payload = { token: (await more()).json().token, password: "correct horse battery" };
  const set = await fleet.app.inject({ method: "POST", url: "/api/v1/passwords", payload });
  assert.is(set.statusCode, 204, set.body);
  assert.is(await count(), 0);
  await fleet.close();
});

test("one sender has a letter for a while, then another one; whose link is over is gone", async (context) => {
  const { databases, ...fleet } = await startFleet(testConfig(context.folder));
  const { migrate, ingest } = databases;
  const operatorId = await addOperator(databases, "Test Vending");
  await addUser(databases, operatorId, "dora", "no hash");
  const put = async (days: number): Promise<void> => {
    await migrate`
      WITH link AS (
        INSERT INTO password_links (token_hash, user_id, operator_id, expires_at)
        SELECT sha256(${String(days)}::bytea), id, operator_id, now() + interval '7 days' FROM users WHERE name = 'dora'
        RETURNING *
      )
      INSERT INTO letters (operator_id, user_id, token_hash, sealed_token, expires_at)
      SELECT operator_id, user_id, token_hash, '', now() + make_interval(days => ${days}) FROM link`;
  };
  await put(7);
  const nowMs = Date.now() + 1_000;
  const [mine] = await holdLetters(ingest, nowMs);
  assert.equal([mine?.name, mine?.tries, mine?.email], ["dora", 1, null]);
  assert.equal([...(await holdLetters(ingest, nowMs + LEASE_MS - 1))], []);
  // Its holder died.
  const [theirs] = await holdLetters(ingest, nowMs + LEASE_MS);
  assert.equal([theirs?.id, theirs?.tries], [mine?.id, 2]);
  await dropLetter(ingest, mine?.id ?? "");
  await put(-1);
  assert.equal([...(await holdLetters(ingest, nowMs + 2 * LEASE_MS))], []);
  assert.is((await migrate`SELECT 1 FROM letters`).length, 0);
  await fleet.close();
});

test.run();
