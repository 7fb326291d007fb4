/** One machine is ordered to fetch, try and keep a firmware image; what became of it, its ledger says. */
import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { toHex } from "../../../shared/bytes.js";
import { type ImageManifest, openManifest, readImage } from "../../../shared/wire/image-manifest.js";
import { encodeUpdateFirmware, MAX_VERSION_CHARACTERS } from "../../../shared/wire/update-order.js";
import { wakeOrders } from "../../commands/wake.js";
import { recordChange } from "../../store/audit-log.js";
import { queueOrder, waitsFor } from "../../store/orders.js";
import { SerialParams } from "../common.js";
import { IdempotencyKey, once } from "../idempotency.js";
import { mustTakeDocuments } from "../orders/documents.js";
import { orderView } from "../orders/schema.js";
import { ProblemError } from "../problems.js";
import { MAKE_FAILURES } from "../responses.js";
import { callerOf } from "../rights.js";
import { UpdateBody, UpdateOrdered } from "./schema.js";

/** Longer than a machine may be away, or take for the image over a thin line. */
const GOOD_FOR_MS = 7 * 86_400_000;

export const updateRoutes: FastifyPluginAsyncTypebox = async (app) => {
  app.post(
    "/machines/:serial/updates",
    {
      config: { right: "firmware:write" },
      schema: {
        description: "The machine fetches the image, starts it on trial and keeps it, or goes back to the one before.",
        params: SerialParams,
        headers: IdempotencyKey,
        body: UpdateBody,
        response: { 202: UpdateOrdered, ...MAKE_FAILURES },
      },
    },
    async (request, reply) => {
      const caller = callerOf(request);
      const { userId, keyId, operatorId } = caller;
      const { serial } = request.params;
      const manifest = new Uint8Array(Buffer.from(request.body.manifest, "base64"));
      await once(app, request, reply, async (tx) => {
        const { id: machineId } = await mustTakeDocuments(tx, operatorId, serial);
        const image = mustBeImage(manifest);
        if (await waitsFor(tx, machineId, "updateFirmware")) throw new ProblemError("update-waits", serial);
        const args = encodeUpdateFirmware({ manifest, version: image.version });
        const expiresAt = new Date(Date.now() + GOOD_FOR_MS);
        const queued = await queueOrder(tx, { machineId, kind: "updateFirmware", args, userId, keyId, expiresAt });
        if (queued === undefined) throw new ProblemError("too-many-orders", serial);
        const after = { order: orderView(queued), image: imageView(image) };
        await recordChange(tx, caller, {
          action: "update",
          subject: "firmware",
          subjectId: serial,
          before: null,
          after,
        });
        return { status: 202, body: after };
      });
      wakeOrders(app.live);
    },
  );
};

/** Throws ProblemError `bad-image`. Its signature is the board's to judge: it has the key, the service has none. */
function mustBeImage(manifest: Uint8Array): ImageManifest {
  const signed = openManifest(manifest);
  if (signed === undefined) throw new ProblemError("bad-image", "manifest: it is none");
  const read = readImage(signed.body);
  if (!read.ok) throw new ProblemError("bad-image", `manifest: ${read.why}`);
  const { version } = read.image;
  if (version.length === 0 || version.length > MAX_VERSION_CHARACTERS) {
    throw new ProblemError("bad-image", `manifest: version has 1 to ${MAX_VERSION_CHARACTERS} characters`);
  }
  return read.image;
}

function imageView({ board, version, sizeBytes, sha256, host, port, path }: ImageManifest) {
  return { board, version, sizeBytes, sha256: toHex(sha256), url: `https://${host}:${port}${path}` };
}
