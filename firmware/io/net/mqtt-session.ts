/**
 * One MQTT 3.1.1 session over many connections, as a pure step: back-off, CONNECT with will, subscription and birth,
 * QoS 1 both ways, keep-alive (OASIS mqtt-v3.1.1 §3, §4.3, §4.4). A message is acknowledged only when the machine has
 * taken it; what was sent and not acknowledged is sent again, with DUP, over the next connection, in its order.
 */
import { concatBytes } from "../../../shared/bytes.js";
import {
  encodeConnect,
  encodePingreq,
  encodePuback,
  encodePublish,
  encodeSubscribe,
  type Incoming,
  type Malformed,
  takePacket,
} from "./mqtt-codec.js";
import {
  ANSWER_MS,
  BACK_OFF_FIRST_MS,
  BACK_OFF_MAX_MS,
  heldBytes,
  LASTING_REFUSALS,
  MAX_HANDED,
  MAX_HELD_BYTES,
  MAX_IN_FLIGHT,
  MAX_WAITING,
  type MqttEffect,
  type MqttInput,
  type MqttPlan,
  type MqttState,
  type MqttStep,
  OPEN_MS,
  type Outgoing,
  STEADY_MS,
} from "./mqtt-state.js";

export interface MqttFacts {
  readonly plan: MqttPlan;
  /** Uniform in 0 … bound − 1. */
  random(bound: number): number;
}

export function stepMqtt(was: MqttState, input: MqttInput, facts: MqttFacts, nowMs: number): MqttStep {
  const step = new Step(was, facts, nowMs);
  switch (input.on) {
    case "tick":
      break;
    case "link":
      step.set({ linked: input.up, retryAtMs: nowMs });
      if (!input.up) step.hangUp(true);
      break;
    case "opened":
      if (was.phase === "opening") {
        const connection = was.connection + 1;
        step.set({ phase: "asking", connection, deadlineMs: nowMs + ANSWER_MS });
        step.effects.push({ do: "ask", connection });
      }
      break;
    case "closed":
      if (was.phase !== "idle") step.hangUp(false);
      break;
    case "bytes":
      if (was.phase !== "idle") step.receive(input.bytes);
      break;
    case "announcement":
      if (was.phase === "asking" && input.connection === was.connection) step.greet(input.birth, input.will);
      break;
    case "publish":
      step.accept({ topic: input.topic, payload: input.payload, qos: input.qos, birth: false });
      break;
    case "taken":
      step.taken();
      break;
  }
  step.timers();
  step.sendWaiting();
  return { state: step.state, effects: step.joined() };
}

/** When the session wants a tick, absolute ms. */
export function mqttDueMs(state: MqttState, { keepAliveS }: MqttPlan): number {
  if (state.phase === "idle") return state.linked ? state.retryAtMs : Infinity;
  let dueMs = Math.min(state.deadlineMs, state.pingedMs + ANSWER_MS);
  for (const { sentMs } of state.inFlight) dueMs = Math.min(dueMs, sentMs + ANSWER_MS);
  if (state.phase === "up" && state.pingedMs === Infinity) dueMs = Math.min(dueMs, pingAtMs(state, keepAliveS));
  return dueMs;
}

/** A tenth before the broker's own limit, which is one and a half times the interval (§3.1.2.10). */
function pingAtMs(state: MqttState, keepAliveS: number): number {
  return keepAliveS === 0 ? Infinity : state.lastSentMs + keepAliveS * 900;
}

/** The packet id after `lastId`: never 0, none that is in use (§2.3.1). */
export function nextPacketId(lastId: number, used: readonly number[]): number {
  let id = lastId;
  do id = id >= 0xffff ? 1 : id + 1;
  while (used.includes(id));
  return id;
}

/** One step under way: the state so far and what is to be done. */
class Step {
  state: MqttState;
  readonly effects: MqttEffect[] = [];
  private readonly facts: MqttFacts;
  private readonly nowMs: number;

  constructor(state: MqttState, facts: MqttFacts, nowMs: number) {
    this.state = state;
    this.facts = facts;
    this.nowMs = nowMs;
  }

  set(change: Partial<MqttState>): void {
    this.state = { ...this.state, ...change };
  }

  /** Effects with neighbouring writes in one: one TLS record and one segment instead of several. */
  joined(): readonly MqttEffect[] {
    const out: MqttEffect[] = [];
    for (const effect of this.effects) {
      const last = out.at(-1);
      if (effect.do === "write" && last?.do === "write") {
        out[out.length - 1] = { do: "write", bytes: concatBytes(last.bytes, effect.bytes) };
      } else {
        out.push(effect);
      }
    }
    return out;
  }

  /** Whatever is overdue: a try to connect, an answer, a sign of life. */
  timers(): void {
    const { state, nowMs } = this;
    if (state.phase === "idle") {
      if (!state.linked || nowMs < state.retryAtMs) return;
      this.set({ phase: "opening", deadlineMs: nowMs + OPEN_MS, inbox: new Uint8Array(0) });
      this.effects.push({ do: "open" });
      return;
    }
    const answerDueMs = Math.min(state.pingedMs, ...state.inFlight.map(({ sentMs }) => sentMs)) + ANSWER_MS;
    if (nowMs >= state.deadlineMs || nowMs >= answerDueMs) {
      this.count({ timeouts: state.counts.timeouts + 1 });
      this.hangUp(true);
      return;
    }
    if (state.phase !== "up") return;
    if (nowMs - state.upSinceMs >= STEADY_MS && state.backOffMs !== BACK_OFF_FIRST_MS) {
      this.set({ backOffMs: BACK_OFF_FIRST_MS });
    }
    if (state.pingedMs === Infinity && nowMs >= pingAtMs(state, this.facts.plan.keepAliveS)) {
      this.write(encodePingreq());
      this.set({ pingedMs: nowMs });
    }
  }

  greet(birth: Uint8Array, payload: Uint8Array): void {
    const { clientId, keepAliveS, statusTopic } = this.facts.plan;
    const will = { topic: statusTopic, payload };
    this.write(encodeConnect({ clientId, cleanSession: false, keepAliveS, will }));
    this.set({ phase: "greeting", birth, deadlineMs: this.nowMs + ANSWER_MS });
  }

  receive(bytes: Uint8Array): void {
    this.set({ inbox: this.state.inbox.length === 0 ? bytes : concatBytes(this.state.inbox, bytes) });
    this.readInbox();
  }

  taken(): void {
    const [id, ...handed] = this.state.handed;
    if (id === undefined) return;
    this.set({ handed });
    // taken after the connection broke: the broker sends it again, and the machine knows its orders by their counters
    if (id !== 0 && this.state.phase === "up") this.write(encodePuback(id));
    this.readInbox();
  }

  accept(message: Outgoing): void {
    const { state } = this;
    const isFull = state.waiting.length >= MAX_WAITING || heldBytes(state) + message.payload.length > MAX_HELD_BYTES;
    if (isFull) {
      this.count({ dropped: state.counts.dropped + 1 });
      this.effects.push({ do: "done", count: 1 });
      return;
    }
    this.set({ waiting: [...state.waiting, message] });
  }

  /** Sends what waits, in its order, as far as acknowledgements allow. */
  sendWaiting(): void {
    while (this.state.phase === "up") {
      const [message, ...waiting] = this.state.waiting;
      if (message === undefined || (message.qos === 1 && this.state.inFlight.length >= MAX_IN_FLIGHT)) return;
      this.set({ waiting });
      this.send(message, false);
    }
  }

  /** The connection is over. ours: we end it, not the other side. */
  hangUp(ours: boolean): void {
    const { state, nowMs } = this;
    if (state.phase === "idle") return;
    if (ours) this.effects.push({ do: "close" });
    if (state.phase === "up") this.effects.push({ do: "up", up: false });
    const half = Math.floor(state.backOffMs / 2);
    this.set({
      phase: "idle",
      retryAtMs: nowMs + half + this.facts.random(half + 1),
      backOffMs: Math.min(BACK_OFF_MAX_MS, state.backOffMs * 2),
      deadlineMs: Infinity,
      inbox: new Uint8Array(0),
      // sent at no time: none is waited for before it has been sent again
      inFlight: state.inFlight
        .filter(({ message }) => !message.birth)
        .map((flight) => ({ ...flight, sentMs: Infinity })),
      subscribeId: 0,
      pingedMs: Infinity,
      // what the machine has not taken yet comes again from the broker, its `taken` means nothing any more
      handed: state.handed.map(() => 0),
    });
  }

  private readInbox(): void {
    while (this.state.phase !== "idle" && this.state.handed.length < MAX_HANDED) {
      const taken = takePacket(this.state.inbox);
      if (taken.kind === "more") return;
      if (taken.kind === "malformed") return this.refuse(taken.reason);
      this.set({ inbox: this.state.inbox.slice(taken.usedBytes) });
      this.packet(taken.packet);
    }
  }

  private packet(packet: Incoming): void {
    const { phase } = this.state;
    switch (packet.packet) {
      case "connack":
        return phase === "greeting" ? this.welcomed(packet.code, packet.sessionPresent) : this.refuse("notForAClient");
      case "suback":
        return this.subscribed(packet.id, packet.granted);
      case "puback":
        return this.acknowledged(packet.id);
      case "pingresp":
        return this.set({ pingedMs: Infinity });
      case "publish":
        // before SUBACK comes what a kept session has saved up (§3.8.4)
        if (phase !== "up" && phase !== "subscribing") return this.refuse("notForAClient");
        this.set({ handed: [...this.state.handed, packet.id] });
        this.effects.push({ do: "hand", topic: packet.topic, payload: packet.payload });
    }
  }

  private welcomed(code: number, sessionPresent: boolean): void {
    if (code !== 0) {
      this.count({ refusal: code });
      if (LASTING_REFUSALS.includes(code)) this.set({ backOffMs: BACK_OFF_MAX_MS });
      return this.hangUp(true);
    }
    const id = this.nextId();
    this.write(encodeSubscribe(id, this.facts.plan.filters));
    this.set({ phase: "subscribing", subscribeId: id, deadlineMs: this.nowMs + ANSWER_MS });
    // older messages first (§4.6); then the birth, which says that they are all there
    const again = this.state.inFlight;
    for (const { id: sameId, message } of again) this.resend(sameId, message, sessionPresent);
    const { birth } = this.state;
    this.send({ topic: this.facts.plan.statusTopic, payload: birth, qos: 1, birth: true }, true);
  }

  private subscribed(id: number, granted: readonly number[]): void {
    if (this.state.phase !== "subscribing" || id !== this.state.subscribeId) return;
    const refused = granted.length !== this.facts.plan.filters.length || granted.includes(0x80);
    // without the fleet's acks nothing would ever move: as good as no connection
    if (refused) return this.refuse("badCode");
    this.set({ phase: "up", subscribeId: 0, deadlineMs: Infinity, upSinceMs: this.nowMs });
    this.effects.push({ do: "up", up: true });
  }

  private acknowledged(id: number): void {
    const found = this.state.inFlight.find((flight) => flight.id === id);
    // one for a message of an earlier life: harmless
    if (found === undefined) return;
    this.set({ inFlight: this.state.inFlight.filter((flight) => flight !== found) });
    if (!found.message.birth) this.effects.push({ do: "done", count: 1 });
  }

  private send(message: Outgoing, retain: boolean): void {
    const { topic, payload, qos } = message;
    const id = qos === 1 ? this.nextId() : 0;
    this.write(encodePublish({ topic, payload, qos, retain, dup: false, id }));
    if (qos === 0) this.effects.push({ do: "done", count: 1 });
    else this.set({ inFlight: [...this.state.inFlight, { id, message, sentMs: this.nowMs }] });
  }

  private resend(id: number, message: Outgoing, dup: boolean): void {
    const { topic, payload, qos } = message;
    this.write(encodePublish({ topic, payload, qos, retain: false, dup, id }));
    this.count({ resent: this.state.counts.resent + 1 });
    const sentMs = this.nowMs;
    const inFlight = this.state.inFlight.map((flight) => (flight.id === id ? { ...flight, sentMs } : flight));
    this.set({ inFlight });
  }

  private nextId(): number {
    const { inFlight, subscribeId, lastId } = this.state;
    const id = nextPacketId(lastId, [subscribeId, ...inFlight.map((flight) => flight.id)]);
    this.set({ lastId: id });
    return id;
  }

  private write(bytes: Uint8Array): void {
    this.effects.push({ do: "write", bytes });
    this.set({ lastSentMs: this.nowMs });
  }

  private refuse(reason: Malformed): void {
    this.count({ malformed: this.state.counts.malformed + 1, lastMalformed: reason });
    this.hangUp(true);
  }

  private count(change: Partial<MqttState["counts"]>): void {
    this.set({ counts: { ...this.state.counts, ...change } });
  }
}
