/**
 * What every word on the multi-drop bus obeys: the three answer words, the mode bit, block size and time limits
 * (MDB 4.2 §2, PDF p29-36; tolerant values from its Appendix 3, p297-310). Send by the strict value, accept by the
 * tolerant one.
 */
import { deepFreeze } from "../freeze.js";

/** Answer words, low eight bits. RET belongs to the VMC alone. */
export const ACK = 0x00;
export const RET = 0xaa;
export const NAK = 0xff;

/** Ninth bit: set on the VMC's address byte and on a peripheral's last word, nowhere else. */
export const MODE_BIT = 0x100;

/** Longest block in words, checksum included (p30). */
export const MAX_BLOCK_WORDS = 36;
/** Longest block in bytes without its checksum. */
export const MAX_BLOCK_BYTES = MAX_BLOCK_WORDS - 1;
/** Most event bytes in one POLL reply of a coin changer or bill validator (its sections, p61-116). */
export const MAX_POLL_BYTES = 16;

export const ADDRESS_MASK = 0xf8;
export const COMMAND_MASK = 0x07;

/** Link times in whole microseconds. */
export const LINK_TIMING = deepFreeze({
  /** One word: 11 bits at 9,600 baud. */
  wordUs: 1_146,
  /** What to allow for one word where a driver stamps the end of words (Appendix 3). */
  wordStampUs: 1_200,
  gapSpecUs: 1_000,
  gapSendUs: 800,
  gapAcceptUs: 5_000,
  responseSpecUs: 5_000,
  responseSendUs: 4_000,
  responseAcceptUs: 20_000,
  breakMinUs: 100_000,
  quietMinUs: 200_000,
  quietStartUpUs: 500_000,
});

/** Bus schedule times in whole milliseconds. */
export const BUS_TIMING = deepFreeze({
  pollMinMs: 25,
  pollMaxMs: 200,
  /** A faster poll slows a reader that checks a card (Appendix 3, p300). */
  pollAdvisedMinMs: 125,
  pollAdvisedMaxMs: 200,
  /** Wait before the extra POLL that shows whether a money report was repeated (Appendix 3, p305). */
  duplicateGuardMs: 20,
  /** Between two RESETs to a device that stays silent (p36, Appendix 3). */
  silentResetMs: 10_000,
  /** Outer limit for a command that returns data later (Appendix 3). */
  dataReplyMaxMs: 30_000,
  /** TUBE STATUS is not to be trusted sooner after a reset (coin changer section). */
  tubeStatusAfterResetMs: 500,
  /** The outcome of ESCROW shows in POLL within this time (bill validator section). */
  escrowOutcomeMaxMs: 30_000,
  /** A recycler may need this long for each bill (p104-114). */
  billDispenseMaxMs: 30_000,
});
