/**
 * How long an MQTT packet says it is, told from its first bytes (MQTT 3.1.1 §2.2): aedes and its parser collect
 * whatever length a packet announces, up to 256 MiB, also from somebody who has not signed in.
 */

const MORE = 0x80;
const MAX_LENGTH_BYTES = 4;

/**
 * Looks at a stream chunk by chunk. False once a packet announces more than `maxBytes` after its header, or a length
 * that is none; from then on the stream is not to be read any more.
 */
export function packetGauge(maxBytes: number): (chunk: Uint8Array) => boolean {
  let bodyLeft = 0;
  let lengthBytes = -1;
  let length = 0;
  return (chunk) => {
    let at = 0;
    while (at < chunk.length) {
      if (bodyLeft > 0) {
        const taken = Math.min(bodyLeft, chunk.length - at);
        bodyLeft -= taken;
        at += taken;
        continue;
      }
      const byte = chunk[at++] ?? 0;
      if (lengthBytes < 0) {
        lengthBytes = 0;
        length = 0;
        continue;
      }
      length += (byte & ~MORE) * 128 ** lengthBytes++;
      const more = (byte & MORE) !== 0;
      if (length > maxBytes || (more && lengthBytes === MAX_LENGTH_BYTES)) return false;
      if (more) continue;
      bodyLeft = length;
      lengthBytes = -1;
    }
    return true;
  };
}
