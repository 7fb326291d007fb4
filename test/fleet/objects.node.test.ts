/**
 * The contract of object storage, for a directory and for a bucket of an S3-compatible server that works out each
 * signature by itself; then what is each one's own.
 */
import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { readConfig } from "../../fleet/config.js";
import { directoryObjects, isObjectName, type ObjectStore } from "../../fleet/store/objects.js";
import { s3Objects } from "../../fleet/store/objects-s3.js";
import { openObjects } from "../../fleet/store/open-objects.js";
import { type S3Server, s3Server, signatureOf } from "../support/s3-server.js";
import { failure, temporaryFolder } from "./support.js";

interface Context {
  readonly objects: ObjectStore;
  /** Puts something there that is no object of ours. */
  readonly spoil: () => Promise<void>;
  readonly close: () => Promise<void>;
}

const KEY = { keyId: "AKIDEXAMPLE", secret: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", region: "eu-central-1" };
const BUCKET = { ...KEY, bucket: "spiral", pageKeys: 3 };
const PATIENCE = { timeoutMs: 300, attempts: 4, firstDelayMs: 1 };

function contract(name: string, open: () => Promise<Context>): void {
  const test = suite<{ it: Context }>(`objects in ${name}`);
  test.before(async (context) => {
    context.it = await open();
  });
  test.after(({ it }) => it.close());

  test("what is put is got, and a second time replaces it", async ({ it: { objects } }) => {
    assert.equal([await objects.get("a/b"), await objects.list("")], [undefined, []]);
    await objects.put("a/b", Buffer.from("one"));
    await objects.put("a/b", Buffer.from("two"));
    await objects.put("a/c=d/e.gz", new Uint8Array());
    assert.is(Buffer.from((await objects.get("a/b")) ?? "").toString(), "two");
    assert.is((await objects.get("a/c=d/e.gz"))?.length, 0);
    const bytes = Uint8Array.from({ length: 300_000 }, (_, at) => (at * 7) & 0xff);
    await objects.put("large", bytes);
    assert.equal(Buffer.from((await objects.get("large")) ?? []), Buffer.from(bytes));
  });

  test("lists are in order, by prefix, whole, and without what is not ours", async ({ it: { objects, spoil } }) => {
    const names = Array.from(
      { length: 11 },
      (_, at) => `many/operator=${at % 2}/${String(at).padStart(3, "0")}`,
    ).sort();
    for (const one of names.toReversed()) await objects.put(one, Buffer.from(one));
    await spoil();
    assert.equal(await objects.list("many/"), names);
    assert.equal(
      await objects.list("many/operator=1/0"),
      names.filter((one) => one.includes("=1")),
    );
    assert.equal(await objects.list("none"), []);
    assert.equal((await objects.list("")).includes("many/operator=0/000"), true);
  });

  test("names stay inside", async ({ it: { objects } }) => {
    for (const bad of ["", "/a", "a/", "../a", "a/../b", "a//b", ".a", "a/.b", "a\\b", "a b", "a?b", "x".repeat(501)]) {
      assert.is(isObjectName(bad), false, bad);
      assert.match(await failure(objects.put(bad, new Uint8Array())), "no name of an object");
      assert.match(await failure(objects.get(bad)), "no name of an object");
    }
  });

  test.run();
}

contract("a directory", async () => {
  const root = await temporaryFolder();
  return {
    objects: directoryObjects(root),
    spoil: () => writeFile(join(root, "many", ".part-x"), "half"),
    close: () => rm(root, { recursive: true }),
  };
});

contract("a bucket", async () => {
  const server = await s3Server(BUCKET);
  return {
    objects: s3Objects({ ...KEY, url: server.url }, PATIENCE),
    spoil: async () => void server.objects.set("many/a b&<c>+%", Buffer.from("somebody else's")),
    close: () => server.close(),
  };
});

const own = suite<{ server: S3Server; root: string }>("objects, each one's own");
own.before(async (context) => {
  context.server = await s3Server(BUCKET);
  context.root = await temporaryFolder();
});
own.after(async ({ server, root }) => {
  await server.close();
  await rm(root, { recursive: true });
});

own("in a directory: what stands in the way is told, and no half of an object is left", async ({ root }) => {
  await mkdir(join(root, "taken"));
  const objects = directoryObjects(root);
  assert.match(await failure(objects.put("taken", Buffer.from("x"))), /EISDIR|ENOTEMPTY|EEXIST/);
  assert.equal(await readdir(root), ["taken"]);
});

own("the server's idea of a signature is the one of AWS", () => {
  // AWS General Reference, "Authenticating Requests: Using the Authorization Header", GET Object.
  const empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
  const signature = signatureOf({
    method: "GET",
    path: "/test.txt",
    query: new URLSearchParams(),
    headers: {
      host: "examplebucket.s3.amazonaws.com",
      range: "bytes=0-9",
      "x-amz-content-sha256": empty,
      "x-amz-date": "20130524T000000Z",
    },
    signedNames: ["host", "range", "x-amz-content-sha256", "x-amz-date"],
    date: "20130524T000000Z",
    region: "us-east-1",
    secret: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
  });
  assert.is(signature, "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
});

own("trouble that passes is waited out, and what does not is told after the last attempt", async ({ server }) => {
  const objects = s3Objects({ ...KEY, url: server.url }, PATIENCE);
  server.faults.push(503, "reset", "silence");
  await objects.put("stubborn", Buffer.from("here"));
  assert.is(server.requests.filter((request) => request === "PUT /spiral/stubborn").length, 4);
  server.faults.push(500, 500, 500, 500);
  assert.match(await failure(objects.get("stubborn")), /^cannot get stubborn of .* \(status 500, InternalError, /);
  server.faults.push("reset", "reset", "reset", "reset");
  assert.match(await failure(objects.list("")), /^cannot list http.* after 4 attempts$/);
  assert.is(Buffer.from((await objects.get("stubborn")) ?? "").toString(), "here");
});

own("a refusal is told at once, with its cure and without the secret", async ({ server }) => {
  const wrong = async (changes: Partial<typeof KEY & { url: string }>): Promise<string> => {
    const before = server.requests.length;
    const told = await failure(s3Objects({ ...KEY, url: server.url, ...changes }, PATIENCE).put("a", Buffer.from("x")));
    assert.is(server.requests.length, before + 1);
    assert.not.match(told, "wJalr");
    return told;
  };
  assert.match(await wrong({ secret: "wJalrWrong" }), /SignatureDoesNotMatch.*: correct SPIRAL_S3_SECRET$/);
  assert.match(await wrong({ keyId: "AKOTHER" }), /InvalidAccessKeyId.*: correct SPIRAL_S3_KEY_ID$/);
  assert.match(await wrong({ region: "us-east-1" }), /AuthorizationHeaderMalformed.*: correct SPIRAL_S3_REGION$/);
  assert.match(await wrong({ url: `${server.url}-2` }), /NoSuchBucket.*: correct SPIRAL_S3_URL, or make the bucket$/);
  // A key that is missing is no object; a bucket that is missing is trouble.
  const lost = s3Objects({ ...KEY, url: `${server.url}-2` }, PATIENCE);
  assert.match(await failure(lost.get("a")), /NoSuchBucket/);
  assert.match(await failure(lost.list("")), /NoSuchBucket/);
});

own("the settings say which it is; half of them stop the start", async ({ server }) => {
  const env = { SPIRAL_S3_URL: server.url, SPIRAL_S3_KEY_ID: KEY.keyId, SPIRAL_S3_SECRET: KEY.secret };
  const config = readConfig({ ...env, SPIRAL_S3_REGION: KEY.region });
  assert.is(openObjects(config).place, `${server.url}/`);
  assert.is(openObjects(readConfig({ SPIRAL_ARCHIVE_DIR: "/var/archive" })).place, "/var/archive");
  for (const name of ["SPIRAL_S3_URL", "SPIRAL_S3_KEY_ID", "SPIRAL_S3_SECRET"]) {
    assert.throws(() => readConfig({ ...env, [name]: "" }), new RegExp(`^${name} is not set, but its fellows are`));
  }
  assert.throws(() => readConfig({ ...env, SPIRAL_S3_URL: "ftp://hush" }), /^SPIRAL_S3_URL has a value that/);
});

own.run();
