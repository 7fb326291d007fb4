/** Every story there is; `stories.node.test.ts` sees to it that no file is forgotten. */
import { STORY as A_COKE_FOR_TWO_DOLLARS } from "./a-coke-for-two-dollars.js";
import { STORY as ACK_LOST_AFTER_A_COIN } from "./ack-lost-after-a-coin.js";
import { STORY as AUDIT_BY_REMOTE_ORDER } from "./audit-by-remote-order.js";
import { STORY as AUDITED_OVER_DEX } from "./audited-over-dex.js";
import { STORY as BEAM_BLIND_BEFORE_THE_TURN } from "./beam-blind-before-the-turn.js";
import { STORY as BEAM_BLIND_DURING_THE_TURN } from "./beam-blind-during-the-turn.js";
import { STORY as BILL_ONLY_MACHINE } from "./bill-only-machine.js";
import { STORY as BILL_PULLED_BACK_FROM_ESCROW } from "./bill-pulled-back-from-escrow.js";
import { STORY as CANCELLED_BEFORE_THE_ESCROW } from "./cancelled-before-the-escrow.js";
import { STORY as CANCELLED_WHILE_A_BILL_MOVES } from "./cancelled-while-a-bill-moves.js";
import { STORY as CANCELLED_WITHOUT_A_CHOICE } from "./cancelled-without-a-choice.js";
import { STORY as CARD_AND_PRODUCT_JAMMED } from "./card-and-product-jammed.js";
import { STORY as CARD_APPROVED_AFTER_THE_CANCEL } from "./card-approved-after-the-cancel.js";
import { STORY as CARD_APPROVED_WHEN_ITS_TIME_WAS_UP } from "./card-approved-when-its-time-was-up.js";
import { STORY as CARD_AT_EITHER_OF_TWO_READERS } from "./card-at-either-of-two-readers.js";
import { STORY as CARD_AT_THE_SECOND_READER } from "./card-at-the-second-reader.js";
import { STORY as CARD_DECLINED_THEN_COINS } from "./card-declined-then-coins.js";
import { STORY as CARD_INVITED_AND_COINS_PAY } from "./card-invited-and-coins-pay.js";
import { STORY as CARD_PAYS } from "./card-pays.js";
import { STORY as CARD_PIN } from "./card-pays-after-its-pin.js";
import { STORY as CARD_READER_DIES_AND_PRODUCT_JAMS } from "./card-reader-dies-and-product-jams.js";
import { STORY as CARD_READER_RESETS_IN_THE_TURN } from "./card-reader-resets-in-the-turn.js";
import { STORY as CARD_REFUND_FAILS } from "./card-refund-fails.js";
import { STORY as CARD_SHOWN_THEN_COINS } from "./card-shown-then-coins.js";
import { STORY as CARD_TAPPED_TWICE } from "./card-tapped-twice.js";
import { STORY as CARD_WITH_COINS_INSIDE } from "./card-with-coins-inside.js";
import { STORY as CARDS_ONLY_MACHINE } from "./cards-only-machine.js";
import { STORY as CHANGE_FROM_THE_HOPPER } from "./change-from-the-hopper.js";
import { STORY as CHANGE_FROM_THE_RECYCLER } from "./change-from-the-recycler.js";
import { STORY as CHANGE_TUBE_JAMMED } from "./change-tube-jammed.js";
import { STORY as CHANGER_CHOOSES_THE_COINS } from "./changer-chooses-the-coins.js";
import { STORY as CHANGER_FILLED_BY_HAND_WHILE_OFF } from "./changer-filled-by-hand-while-off.js";
import { STORY as CHANGER_RESET_IN_THE_PAYOUT } from "./changer-reset-in-the-payout.js";
import { STORY as CHANGER_SWAPPED_WITH_A_PAYOUT_OPEN } from "./changer-swapped-with-a-payout-open.js";
import { STORY as CHANGER_UNPLUGGED_WITH_CREDIT } from "./changer-unplugged-with-credit.js";
import { STORY as CHOSEN_TUBE_JAMS } from "./chosen-tube-jams.js";
import { STORY as CREDIT_PUT_ON_A_CARD } from "./credit-put-on-a-card.js";
import { STORY as CUSTOMER_CANCELS } from "./customer-cancels.js";
import { STORY as CUSTOMER_PULLS_THE_LEVER } from "./customer-pulls-the-lever.js";
import { STORY as CUSTOMER_WALKS_AWAY } from "./customer-walks-away.js";
import { STORY as CUT_BEFORE_THE_COIN_WAS_ACKED } from "./cut-before-the-coin-was-acked.js";
import { STORY as CUT_BEFORE_THE_COIN_WAS_BOOKED } from "./cut-before-the-coin-was-booked.js";
import { STORY as CUT_IN_EVERY_STATE } from "./cut-in-every-state.js";
import { STORY as DOOR_OPENED_IN_THE_TURN } from "./door-opened-in-the-turn.js";
import { STORY as DOOR_OPENED_WITH_CREDIT } from "./door-opened-with-credit.js";
import { STORY as EXACT_CHANGE_ONLY } from "./exact-change-only.js";
import { STORY as HOME_SWITCH_STUCK_CLOSED } from "./home-switch-stuck-closed.js";
import { STORY as JAVASCRIPT_STALLED_IN_THE_TURN } from "./javascript-stalled-in-the-turn.js";
import { STORY as JAVASCRIPT_STALLED_WHILE_COINS_FALL } from "./javascript-stalled-while-coins-fall.js";
import { STORY as LATE_DROP_AFTER_THE_REFUND } from "./late-drop-after-the-refund.js";
import { STORY as LEDGER_NEARLY_FULL } from "./ledger-nearly-full.js";
import { STORY as LIGHT_SHONE_ON_THE_BEAM } from "./light-shone-on-the-beam.js";
import { STORY as MONEY_BEFORE_THE_SELECTION } from "./money-before-the-selection.js";
import { STORY as NETWORK_DOWN_FOR_200_SALES } from "./network-down-for-200-sales.js";
import { STORY as PLUG_PULLED_BEFORE_THE_EDGE } from "./plug-pulled-before-the-edge.js";
import { STORY as PLUG_PULLED_DURING_THE_DROP } from "./plug-pulled-during-the-drop.js";
import { STORY as PLUG_PULLED_IN_THE_RECYCLER_PAYOUT } from "./plug-pulled-in-the-recycler-payout.js";
import { STORY as PLUG_PULLED_ON_THE_WAY_HOME } from "./plug-pulled-on-the-way-home.js";
import { STORY as PLUG_PULLED_WITH_A_SWITCH_STUCK_OPEN } from "./plug-pulled-with-a-switch-stuck-open.js";
import { STORY as PRICES_CHANGE_WHILE_SOMEBODY_IS_CHOOSING } from "./prices-change-while-somebody-is-choosing.js";
import { STORY as PRODUCT_FALLS_WHEN_THE_SPIRAL_IS_HOME } from "./product-falls-when-the-spiral-is-home.js";
import { STORY as PRODUCT_FELL_ON_THE_SECOND_TURN } from "./product-fell-on-the-second-turn.js";
import { STORY as PRODUCT_JAMMED_AND_MONEY_BACK } from "./product-jammed-and-money-back.js";
import { STORY as RECYCLER_JAMS_IN_THE_PAYOUT } from "./recycler-jams-in-the-payout.js";
import { STORY as SOLD_OUT } from "./sold-out.js";
import type { Story } from "./story.js";
import { STORY as TECHNICIAN_BRINGS_SPIRALS_HOME } from "./technician-brings-spirals-home.js";
import { STORY as TECHNICIAN_IN_A_HURRY } from "./technician-in-a-hurry.js";
import { STORY as TECHNICIAN_VISIT } from "./technician-visit.js";
import { STORY as TOO_WARM_WITH_CREDIT } from "./too-warm-with-credit.js";
import { STORY as TUBE_JAMS_IN_THE_REFUND } from "./tube-jams-in-the-refund.js";
import { STORY as TUBES_FILLED_AT_THE_CHANGERS_KEYS } from "./tubes-filled-at-the-changers-keys.js";
import { STORY as TWO_EQUAL_COINS_IN_A_ROW } from "./two-equal-coins-in-a-row.js";
import { STORY as TWO_PRODUCTS_FELL } from "./two-products-fell.js";
import { STORY as VALIDATOR_RESET_WHILE_STACKING } from "./validator-reset-while-stacking.js";
import { STORY as VALIDATOR_UNPLUGGED_WHILE_ITS_RECYCLER_PAYS } from "./validator-unplugged-while-its-recycler-pays.js";
import { STORY as WRONG_CODES_AND_THE_PLUG_PULLED } from "./wrong-codes-and-the-plug-pulled.js";

/** By the name of their file. */
export const STORIES: { readonly [file: string]: Story } = {
  "a-coke-for-two-dollars": A_COKE_FOR_TWO_DOLLARS,
  "ack-lost-after-a-coin": ACK_LOST_AFTER_A_COIN,
  "audit-by-remote-order": AUDIT_BY_REMOTE_ORDER,
  "audited-over-dex": AUDITED_OVER_DEX,
  "beam-blind-before-the-turn": BEAM_BLIND_BEFORE_THE_TURN,
  "beam-blind-during-the-turn": BEAM_BLIND_DURING_THE_TURN,
  "bill-only-machine": BILL_ONLY_MACHINE,
  "bill-pulled-back-from-escrow": BILL_PULLED_BACK_FROM_ESCROW,
  "cancelled-before-the-escrow": CANCELLED_BEFORE_THE_ESCROW,
  "cancelled-while-a-bill-moves": CANCELLED_WHILE_A_BILL_MOVES,
  "change-from-the-hopper": CHANGE_FROM_THE_HOPPER,
  "change-from-the-recycler": CHANGE_FROM_THE_RECYCLER,
  "card-pays": CARD_PAYS,
  "card-pays-after-its-pin": CARD_PIN,
  "card-declined-then-coins": CARD_DECLINED_THEN_COINS,
  "card-approved-after-the-cancel": CARD_APPROVED_AFTER_THE_CANCEL,
  "card-reader-dies-and-product-jams": CARD_READER_DIES_AND_PRODUCT_JAMS,
  "card-reader-resets-in-the-turn": CARD_READER_RESETS_IN_THE_TURN,
  "card-with-coins-inside": CARD_WITH_COINS_INSIDE,
  "card-shown-then-coins": CARD_SHOWN_THEN_COINS,
  "card-tapped-twice": CARD_TAPPED_TWICE,
  "cancelled-without-a-choice": CANCELLED_WITHOUT_A_CHOICE,
  "card-and-product-jammed": CARD_AND_PRODUCT_JAMMED,
  "card-refund-fails": CARD_REFUND_FAILS,
  "card-approved-when-its-time-was-up": CARD_APPROVED_WHEN_ITS_TIME_WAS_UP,
  "card-at-either-of-two-readers": CARD_AT_EITHER_OF_TWO_READERS,
  "card-at-the-second-reader": CARD_AT_THE_SECOND_READER,
  "cards-only-machine": CARDS_ONLY_MACHINE,
  "credit-put-on-a-card": CREDIT_PUT_ON_A_CARD,
  "card-invited-and-coins-pay": CARD_INVITED_AND_COINS_PAY,
  "change-tube-jammed": CHANGE_TUBE_JAMMED,
  "changer-chooses-the-coins": CHANGER_CHOOSES_THE_COINS,
  "changer-filled-by-hand-while-off": CHANGER_FILLED_BY_HAND_WHILE_OFF,
  "changer-reset-in-the-payout": CHANGER_RESET_IN_THE_PAYOUT,
  "changer-swapped-with-a-payout-open": CHANGER_SWAPPED_WITH_A_PAYOUT_OPEN,
  "changer-unplugged-with-credit": CHANGER_UNPLUGGED_WITH_CREDIT,
  "chosen-tube-jams": CHOSEN_TUBE_JAMS,
  "customer-cancels": CUSTOMER_CANCELS,
  "customer-pulls-the-lever": CUSTOMER_PULLS_THE_LEVER,
  "customer-walks-away": CUSTOMER_WALKS_AWAY,
  "cut-before-the-coin-was-acked": CUT_BEFORE_THE_COIN_WAS_ACKED,
  "cut-before-the-coin-was-booked": CUT_BEFORE_THE_COIN_WAS_BOOKED,
  "cut-in-every-state": CUT_IN_EVERY_STATE,
  "door-opened-in-the-turn": DOOR_OPENED_IN_THE_TURN,
  "door-opened-with-credit": DOOR_OPENED_WITH_CREDIT,
  "exact-change-only": EXACT_CHANGE_ONLY,
  "home-switch-stuck-closed": HOME_SWITCH_STUCK_CLOSED,
  "javascript-stalled-in-the-turn": JAVASCRIPT_STALLED_IN_THE_TURN,
  "javascript-stalled-while-coins-fall": JAVASCRIPT_STALLED_WHILE_COINS_FALL,
  "late-drop-after-the-refund": LATE_DROP_AFTER_THE_REFUND,
  "ledger-nearly-full": LEDGER_NEARLY_FULL,
  "light-shone-on-the-beam": LIGHT_SHONE_ON_THE_BEAM,
  "money-before-the-selection": MONEY_BEFORE_THE_SELECTION,
  "network-down-for-200-sales": NETWORK_DOWN_FOR_200_SALES,
  "plug-pulled-before-the-edge": PLUG_PULLED_BEFORE_THE_EDGE,
  "plug-pulled-during-the-drop": PLUG_PULLED_DURING_THE_DROP,
  "plug-pulled-in-the-recycler-payout": PLUG_PULLED_IN_THE_RECYCLER_PAYOUT,
  "plug-pulled-on-the-way-home": PLUG_PULLED_ON_THE_WAY_HOME,
  "plug-pulled-with-a-switch-stuck-open": PLUG_PULLED_WITH_A_SWITCH_STUCK_OPEN,
  "prices-change-while-somebody-is-choosing": PRICES_CHANGE_WHILE_SOMEBODY_IS_CHOOSING,
  "product-falls-when-the-spiral-is-home": PRODUCT_FALLS_WHEN_THE_SPIRAL_IS_HOME,
  "product-fell-on-the-second-turn": PRODUCT_FELL_ON_THE_SECOND_TURN,
  "product-jammed-and-money-back": PRODUCT_JAMMED_AND_MONEY_BACK,
  "recycler-jams-in-the-payout": RECYCLER_JAMS_IN_THE_PAYOUT,
  "sold-out": SOLD_OUT,
  "technician-brings-spirals-home": TECHNICIAN_BRINGS_SPIRALS_HOME,
  "technician-in-a-hurry": TECHNICIAN_IN_A_HURRY,
  "technician-visit": TECHNICIAN_VISIT,
  "too-warm-with-credit": TOO_WARM_WITH_CREDIT,
  "tube-jams-in-the-refund": TUBE_JAMS_IN_THE_REFUND,
  "tubes-filled-at-the-changers-keys": TUBES_FILLED_AT_THE_CHANGERS_KEYS,
  "two-equal-coins-in-a-row": TWO_EQUAL_COINS_IN_A_ROW,
  "two-products-fell": TWO_PRODUCTS_FELL,
  "validator-reset-while-stacking": VALIDATOR_RESET_WHILE_STACKING,
  "validator-unplugged-while-its-recycler-pays": VALIDATOR_UNPLUGGED_WHILE_ITS_RECYCLER_PAYS,
  "wrong-codes-and-the-plug-pulled": WRONG_CODES_AND_THE_PLUG_PULLED,
};
