/** What an operator does with a channel through the API: a test sent by e-mail, and dead letters sent again. */
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { SMTPServer } from "smtp-server";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { issue } from "../../../tools/measure/certificates.js";
import { type SignedIn, signedIn } from "../signed-in.js";
import { startTestFleet, type TestFleet, until } from "../support.js";

interface Context {
  fleet: TestFleet;
  us: SignedIn;
  smtp: SMTPServer;
  mails: { to: readonly string[]; text: string }[];
  hooks: Server;
  url: string;
  /** What the receiver answers; 410: for good. */
  status: number;
  /** Deliveries as they came, by id. */
  hooked: string[];
}
const test = suite<Context>("fleet/alerts/channel acts");

function portOf(address: AddressInfo | string | null): number {
  return address !== null && typeof address !== "string" ? address.port : 0;
}

test.before(async (context) => {
  context.mails = [];
  context.smtp = new SMTPServer({
    authOptional: true,
    disabledCommands: ["STARTTLS"],
    onData: (stream, { envelope }, done) => {
      const parts: Buffer[] = [];
      stream.on("data", (part: Buffer) => parts.push(part));
      stream.on("end", () => {
        context.mails.push({
          to: envelope.rcptTo.map(({ address }) => address),
          text: Buffer.concat(parts).toString(),
        });
        done();
      });
    },
  });
  const smtpPort = await new Promise<number>((resolve) => {
    const server = context.smtp.listen(0, "127.0.0.1", () => resolve(portOf(server.address())));
  });
  const authority = issue({ name: "Hook authority", authority: true });
  const leaf = issue({ name: "hook.example", issuer: authority, dns: ["hook.example"], usage: "server" });
  context.hooked = [];
  context.status = 204;
  context.hooks = createServer({ key: leaf.keyPem, cert: leaf.pem }, (incoming, outgoing) => {
    context.hooked.push(String(incoming.headers["spiral-delivery"]));
    incoming.resume().on("end", () => outgoing.writeHead(context.status).end());
  });
  await new Promise<void>((resolve) => context.hooks.listen(0, "127.0.0.1", resolve));
  context.url = `https://hook.example:${portOf(context.hooks.address())}/in`;
  context.fleet = await startTestFleet({
    smtpUrl: `smtp://127.0.0.1:${smtpPort}`,
    mailFrom: "Spiral <spiral@fleet.example>",
    hookReach: {
      resolve: async () => [{ address: "127.0.0.1", family: 4 }],
      allows: (text) => text === "127.0.0.1",
      ca: authority.pem,
    },
  });
  context.us = await signedIn(context.fleet);
});
test.after(async ({ fleet, smtp, hooks }) => {
  await fleet.close();
  await new Promise<void>((resolve) => smtp.close(() => resolve()));
  hooks.closeAllConnections();
  await new Promise((resolve) => hooks.close(resolve));
});

test("a test by e-mail reaches everybody the channel names, and is told as sent", async ({ us, mails }) => {
  const to = ["desk@vending.example", "night@vending.example"];
  const made = await us.ask("POST", "/channels", { name: "Desk", kind: "email", to });
  assert.equal([made.status, made.json().secret, made.json().to], [201, null, to]);
  const { id } = made.json();
  const queued = await us.ask("POST", `/channels/${id}/test`);
  assert.is(queued.status, 202);
  await until(() => mails.length === 1, "no mail came");
  assert.equal(mails[0]?.to, to);
  assert.match(mails[0]?.text ?? "", /^From: Spiral <spiral@fleet\.example>$/m);
  assert.match(mails[0]?.text ?? "", /^Subject: .*test/im);
  await until(async () => (await stateOf(us, id, queued.json().deliveryId)) === "sent", "it is not told as sent");
});

/** Of one delivery of the channel, as the API tells it. */
async function stateOf(us: SignedIn, id: string, deliveryId: string): Promise<string> {
  const { deliveries } = (await us.ask("GET", `/channels/${id}/deliveries`)).json();
  return deliveries.find((delivery: { id: string }) => delivery.id === deliveryId)?.state;
}

test("dead letters are sent again, one or all, under their own ids; what was sent is not", async (context) => {
  const { us, url, hooked } = context;
  const body = { name: "ERP", kind: "webhook", url };
  const { id } = (await us.ask("POST", "/channels", body)).json();
  const sent = (await us.ask("POST", `/channels/${id}/test`)).json().deliveryId;
  await until(async () => (await stateOf(us, id, sent)) === "sent", "the first was not sent");
  context.status = 410;
  const dead: string[] = [];
  for (let count = 0; count < 3; count++) {
    dead.push((await us.ask("POST", `/channels/${id}/test`)).json().deliveryId);
  }
  const deadNow = async () => (await us.ask("GET", `/channels/${id}`)).json().dead;
  await until(async () => (await deadNow()) === 3, "they did not die");
  context.status = 204;
  hooked.length = 0;
  const [first = ""] = dead;
  const one = await us.ask("POST", `/channels/${id}/replays`, { deliveryId: first });
  assert.equal([one.status, one.json()], [202, { replayed: 1 }]);
  await until(async () => (await stateOf(us, id, first)) === "sent", "the one was not sent again");
  assert.equal([hooked, await deadNow()], [[first], 2]);
  // Neither one that was sent, nor one of another channel.
  assert.equal((await us.ask("POST", `/channels/${id}/replays`, { deliveryId: sent })).json(), { replayed: 0 });
  const other = (await us.ask("POST", "/channels", { ...body, name: "Other" })).json();
  assert.equal((await us.ask("POST", `/channels/${other.id}/replays`, {})).json(), { replayed: 0 });
  assert.equal((await us.ask("POST", `/channels/${id}/replays`, {})).json(), { replayed: 2 });
  await until(async () => (await deadNow()) === 0 && hooked.length === 3, "the others were not sent again");
  assert.equal([...hooked].sort(), [...dead].sort());
  const { changes } = (await us.ask("GET", `/audit-log?subject=channel&subjectId=${id}&action=replayed`)).json();
  assert.equal(
    changes.map(({ after }: { after: { count: number } }) => after.count),
    [2, 0, 1],
  );
});

test.run();
