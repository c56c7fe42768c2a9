/**
 * What one V8 thread gives at best: a ring mailbox, no supervision, no bound, no coded errors. Dispatched by
 * microtask, with a yield to the event loop every few milliseconds, looked at every 1,024 messages.
 */
/* global queueMicrotask, setImmediate */
import { performance } from "node:perf_hooks";
import { serveActors } from "./workloads.js";

const SLICE_MS = 4;
const CHECK_EVERY = 1_024;
const TURN = 256;

class Ring {
  items = new Array(4);
  head = 0;
  size = 0;

  push(item) {
    if (this.size === this.items.length) this.grow();
    this.items[(this.head + this.size++) & (this.items.length - 1)] = item;
  }

  shift() {
    const item = this.items[this.head];
    this.items[this.head] = undefined;
    this.head = (this.head + 1) & (this.items.length - 1);
    this.size--;
    return item;
  }

  grow() {
    const { items, head } = this;
    this.items = new Array(items.length * 2);
    for (let index = 0; index < items.length; index++)
      this.items[index] = items[(head + index) & (items.length - 1)];
    this.head = 0;
  }
}

class Actor {
  mailbox = null;
  queued = false;
  receive;

  constructor(receive) {
    this.receive = receive;
  }
}

const ready = new Ring();
let armed = false;
let spent = 0;
let sliceStart = performance.now();

function post(actor, message) {
  (actor.mailbox ??= new Ring()).push(message);
  if (actor.queued) return;
  actor.queued = true;
  ready.push(actor);
  if (armed) return;
  armed = true;
  queueMicrotask(run);
}

function run() {
  while (ready.size > 0) {
    if (spent >= CHECK_EVERY && sliceOver()) {
      setImmediate(run);
      return;
    }
    const actor = ready.shift();
    spent += turn(actor);
    if (actor.mailbox.size > 0) ready.push(actor);
    else actor.queued = false;
  }
  armed = false;
}

function turn(actor) {
  const { mailbox, receive } = actor;
  let handled = 0;
  while (mailbox.size > 0 && handled < TURN) {
    receive(mailbox.shift());
    handled++;
  }
  return handled;
}

function sliceOver() {
  spent = 0;
  const now = performance.now();
  if (now - sliceStart < SLICE_MS) return false;
  sliceStart = now;
  return true;
}

await serveActors({
  spawn: (receive) => new Actor(receive),
  spawnServer: (answer) =>
    new Actor((message) => {
      message.reply(answer(message.question));
    }),
  tell: post,
  ask: (actor, question) =>
    new Promise((reply) => {
      post(actor, { question, reply });
    }),
  restart(size, restarted) {
    let crashes = 0;
    const life = () => {
      throw new Error("crash");
    };
    const actor = new Actor((message) => {
      try {
        life(message);
      } catch {
        restarted();
        if (++crashes < size) post(actor, { kind: "crash" });
      }
    });
    post(actor, { kind: "crash" });
  },
});
