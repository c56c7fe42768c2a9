// The workloads in CAF 0.17: the same logic as the runtime's own. An ask is a request without a deadline.
#include <chrono>
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <malloc.h>

#include "caf/all.hpp"

using namespace caf;

using add_atom = atom_constant<atom("add")>;
using ask_atom = atom_constant<atom("ask")>;
using ball_atom = atom_constant<atom("ball")>;
using go_atom = atom_constant<atom("go")>;
using total_atom = atom_constant<atom("total")>;

constexpr int64_t window = 1000;
constexpr int64_t windows = 8;
constexpr int64_t sources = 10000;
constexpr int64_t burst = 5;

// What the actors of a run work on. Each is touched by one actor, or by none any more.
struct work {
  int64_t left = 0;
  int64_t sum = 0;
  int64_t seen = 0;
  int64_t next = 0;
  std::promise<int64_t> finished;
};

using work_ptr = std::shared_ptr<work>;

struct measured {
  int64_t done;
  double seconds;
  int64_t check;
  double figure;
};

template <class Begin>
measured timed(int64_t done, work_ptr w, Begin begin) {
  auto start = std::chrono::steady_clock::now();
  begin();
  auto check = w->finished.get_future().get();
  std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  return {done, took.count(), check, -1};
}

work_ptr new_work(int64_t left) {
  auto w = std::make_shared<work>();
  w->left = left;
  return w;
}

// tell: a driver sends windows of 1,000 messages to a sink, which asks for the next one.
measured tell(actor_system& system, int64_t size) {
  auto w = new_work(size);
  auto sink = system.spawn([w](event_based_actor* self) -> behavior {
    return {[=](add_atom, int64_t value) {
      w->sum += value;
      if (++w->seen % window == 0)
        self->send(actor_cast<actor>(self->current_sender()), go_atom::value);
    }};
  });
  auto driver = system.spawn([w, sink](event_based_actor* self) -> behavior {
    return {[=](go_atom) {
      if (w->left == 0) {
        w->finished.set_value(w->sum);
        return;
      }
      w->left -= window;
      for (int64_t value = 0; value < window; ++value)
        self->send(sink, add_atom::value, value);
    }};
  });
  return timed(size, w, [&] { anon_send(driver, go_atom::value); });
}

measured ping_pong(actor_system& system, int64_t size) {
  auto w = new_work(size);
  auto pong = system.spawn([](event_based_actor* self) -> behavior {
    return {[=](ball_atom, int64_t count) {
      self->send(actor_cast<actor>(self->current_sender()), ball_atom::value, count + 1);
    }};
  });
  auto ping = system.spawn([w, pong](event_based_actor* self) -> behavior {
    return {[=](ball_atom, int64_t count) {
      if (w->left-- == 0)
        w->finished.set_value(count);
      else
        self->send(pong, ball_atom::value, count + 1);
    }};
  });
  return timed(size, w, [&] { anon_send(ping, ball_atom::value, int64_t{0}); });
}

// ask: one client keeps so many requests under way; the answer is the number plus the length of the text.
void ask_next(event_based_actor* self, actor server, work_ptr w, int64_t size, std::string const& text) {
  if (w->next == size) return;
  self->request(server, infinite, ask_atom::value, w->next++, text).then([=](int64_t answer) {
    w->sum += answer;
    if (--w->left == 0)
      w->finished.set_value(w->sum);
    else
      ask_next(self, server, w, size, text);
  });
}

behavior answerer() {
  return {[](ask_atom, int64_t id, std::string const& text) {
    return id + static_cast<int64_t>(text.size());
  }};
}

// On a thread of its own the server is detached: left to the scheduler, both sides soon share one.
measured ask(actor_system& system, int64_t size, int64_t outstanding, size_t length, bool across) {
  auto w = new_work(size);
  auto server = across ? system.spawn<detached>(answerer) : system.spawn(answerer);
  std::string text(length, 'x');
  auto client = system.spawn([=](event_based_actor* self) -> behavior {
    return {[=](go_atom) {
      for (int64_t index = 0; index < outstanding; ++index)
        ask_next(self, server, w, size, text);
    }};
  });
  return timed(size, w, [&] { anon_send(client, go_atom::value); });
}

std::vector<actor> kept;

measured spawn_many(actor_system& system, int64_t size) {
  auto w = new_work(size);
  kept.clear();
  kept.reserve(size);
  // With one scheduler only one of them runs at a time.
  return timed(size, w, [&] {
    for (int64_t value = 0; value < size; ++value) {
      kept.push_back(system.spawn([w](event_based_actor*) -> behavior {
        return {[w](add_atom, int64_t given) {
          w->sum += given;
          if (--w->left == 0) w->finished.set_value(w->sum);
        }};
      }));
      anon_send(kept.back(), add_atom::value, value);
    }
  });
}

measured memory(actor_system& system, int64_t size) {
  kept.clear();
  kept.reserve(size);
  auto before = mallinfo2().uordblks;
  for (int64_t index = 0; index < size; ++index)
    kept.push_back(system.spawn([](event_based_actor*) -> behavior { return {[](go_atom) {}}; }));
  auto bytes = static_cast<double>(mallinfo2().uordblks - before);
  return {size, 0, static_cast<int64_t>(kept.size()), bytes / static_cast<double>(size)};
}

// fan-in: 10,000 sources send five messages each; when all have come, the sink asks them for more.
measured fan_in(actor_system& system, int64_t size) {
  auto rounded = (size + sources * burst - 1) / (sources * burst) * sources * burst;
  auto w = new_work(rounded);
  auto all = std::make_shared<std::vector<actor>>();
  auto sink = system.spawn([w, all](event_based_actor* self) -> behavior {
    auto round = [=] {
      for (auto& source : *all) self->send(source, go_atom::value);
    };
    return {[=](go_atom) { round(); },
            [=](add_atom, int64_t value) {
              w->sum += value;
              if (++w->seen % (sources * burst) != 0) return;
              w->left -= sources * burst;
              if (w->left > 0)
                round();
              else
                w->finished.set_value(w->sum);
            }};
  });
  for (int64_t value = 0; value < sources; ++value)
    all->push_back(system.spawn([sink, value](event_based_actor* self) -> behavior {
      return {[=](go_atom) {
        for (int64_t index = 0; index < burst; ++index) self->send(sink, add_atom::value, value);
      }};
    }));
  return timed(rounded, w, [&] { anon_send(sink, go_atom::value); });
}

// restarts: a hand-written supervisor that spawns its child anew.
measured restarts(actor_system& system, int64_t size) {
  auto w = new_work(size);
  auto supervisor = system.spawn([w](event_based_actor* self) -> behavior {
    auto begin = [=] {
      auto child = self->spawn<monitored>([](event_based_actor* crasher) -> behavior {
        return {[=](go_atom) { crasher->quit(sec::runtime_error); }};
      });
      self->send(child, go_atom::value);
    };
    self->set_down_handler([=](down_msg&) {
      if (--w->left == 0)
        w->finished.set_value(++w->seen);
      else {
        ++w->seen;
        begin();
      }
    });
    return {[=](go_atom) { begin(); }};
  });
  return timed(size, w, [&] { anon_send(supervisor, go_atom::value); });
}

// thread-tell: eight windows of 1,000 messages under way at once; each ends in a question for the total.
measured thread_tell(actor_system& system, int64_t size) {
  auto w = new_work(size);
  auto sink = system.spawn<detached>([](stateful_actor<int64_t>* self) -> behavior {
    self->state = 0;
    return {[=](add_atom, int64_t, int64_t value) { self->state += value; },
            [=](total_atom) { return self->state; }};
  });
  auto driver = system.spawn([=](event_based_actor* self) -> behavior {
    auto next_window = std::make_shared<std::function<void()>>();
    *next_window = [=] {
      if (w->next == size) return;
      auto first = w->next;
      w->next += window;
      for (int64_t value = 0; value < window; ++value)
        self->send(sink, add_atom::value, first + value, value);
      self->request(sink, infinite, total_atom::value).then([=](int64_t total) {
        w->left -= window;
        if (w->left == 0)
          w->finished.set_value(total);
        else
          (*next_window)();
      });
    };
    return {[=](go_atom) {
      for (int64_t index = 0; index < windows; ++index) (*next_window)();
    }};
  });
  return timed(size, w, [&] { anon_send(driver, go_atom::value); });
}

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  std::string workload = argv[1];
  int64_t size = std::atoll(argv[2]);
  actor_system_config config;
  config.set("scheduler.max-threads", static_cast<size_t>(std::atoi(argv[3])));
  actor_system system{config};
  std::map<std::string, std::function<measured(int64_t)>> workloads{
    {"tell", [&](int64_t n) { return tell(system, n); }},
    {"ping-pong", [&](int64_t n) { return ping_pong(system, n); }},
    {"ask-1", [&](int64_t n) { return ask(system, n, 1, 1, false); }},
    {"ask-1000", [&](int64_t n) { return ask(system, n, 1000, 1, false); }},
    {"spawn", [&](int64_t n) { return spawn_many(system, n); }},
    {"memory", [&](int64_t n) { return memory(system, n); }},
    {"fan-in", [&](int64_t n) { return fan_in(system, n); }},
    {"restarts", [&](int64_t n) { return restarts(system, n); }},
    {"thread-ask-1", [&](int64_t n) { return ask(system, n, 1, 100, true); }},
    {"thread-ask-1000", [&](int64_t n) { return ask(system, n, 1000, 100, true); }},
    {"thread-tell", [&](int64_t n) { return thread_tell(system, n); }},
  };
  auto& run = workloads.at(workload);
  run(std::max<int64_t>(1, size / 10));
  auto result = run(size);
  std::printf("{\"done\":%" PRId64 ",\"seconds\":%.9f,\"check\":%" PRId64, result.done, result.seconds,
              result.check);
  if (result.figure >= 0) std::printf(",\"figure\":%.3f", result.figure);
  std::printf("}\n");
  std::fflush(stdout);
  // Actors that wait for ever would keep the system from ending.
  std::_Exit(0);
}
