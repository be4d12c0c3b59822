// Recording and output of the Proton shim: sequence numbers, per-thread event
// buffers, and the one thread that writes to standard output. The protocol is
// described in conformance/shim/doc.go.
//
// Recording must not order the threads it observes. A thread appends to its own
// buffer; the only word that the threads share is the sequence counter, with
// relaxed increments; the buffers' release stores are read by the writer alone.
#ifndef COLLIDER_SHIM_RECORD_HPP
#define COLLIDER_SHIM_RECORD_HPP

#include <nlohmann/json.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <cstdio>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace shim {

using json = nlohmann::json;

// ids says what an event concerns; 0 means that it does not apply.
struct ids {
    uint32_t container = 0, listener = 0, conn = 0, session = 0, link = 0, queue = 0;
    uint64_t item = 0;
    int64_t count = 0;
};

struct event {
    const char* kind = "";
    const char* name = "";
    uint64_t seq = 0, of = 0;
    int64_t time = 0;
    ids id;
    bool ok = false;
    std::string text;
};

// buffer is a single-producer single-consumer list of chunks.
class buffer {
    struct chunk {
        std::array<event, 256> events;
        std::atomic<size_t> filled{0};
        std::atomic<chunk*> next{nullptr};
    };

  public:
    buffer() : write_(new chunk), read_(write_) {}
    buffer(const buffer&) = delete;
    ~buffer() {
        for (chunk* c = read_; c;) {
            chunk* next = c->next.load();
            delete c;
            c = next;
        }
    }

    // push is called by the thread that owns the buffer.
    void push(event&& e) {
        size_t n = write_->filled.load(std::memory_order_relaxed);
        if (n == write_->events.size()) {
            chunk* c = new chunk;
            write_->next.store(c, std::memory_order_release);
            write_ = c;
            n = 0;
        }
        write_->events[n] = std::move(e);
        write_->filled.store(n + 1, std::memory_order_release);
    }

    // drain is called by the writer.
    template <class F> void drain(F f) {
        for (;;) {
            size_t filled = read_->filled.load(std::memory_order_acquire);
            for (; taken_ < filled; ++taken_) f(std::move(read_->events[taken_]));
            if (taken_ < read_->events.size()) return;
            chunk* next = read_->next.load(std::memory_order_acquire);
            if (!next) return;
            delete read_;
            read_ = next;
            taken_ = 0;
        }
    }

    std::string thread;               // its name
    std::atomic<bool> ended{false};   // set by the owner's end

  private:
    chunk* write_;
    chunk* read_;
    size_t taken_ = 0;
};

// recorder owns the buffers and standard output. There is one in a process.
class recorder {
  public:
    recorder() : start_(std::chrono::steady_clock::now()) {}

    // record stores one event of the calling thread and returns its number. The
    // number is drawn here: first thing for an enter or call, last for an exit
    // or return.
    uint64_t record(const char* kind, const char* name, const ids& id, uint64_t of = 0, bool ok = false,
                    std::string text = "") {
        event e;
        e.seq = seq_.fetch_add(1, std::memory_order_relaxed) + 1;
        e.kind = kind, e.name = name, e.of = of, e.id = id, e.ok = ok, e.text = std::move(text);
        e.time = std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now() - start_).count();
        const uint64_t seq = e.seq;
        mine().push(std::move(e));
        return seq;
    }

    // name_thread names the calling thread; call it before its first event.
    void name_thread(const std::string& name) { mine().thread = name; }

    void reply(json&& j) { post({0, j.dump()}); }

    // reply_after writes the reply once all events up to now are written.
    void reply_after(uint64_t id) {
        const uint64_t upto = seq_.load();
        json j = {{"re", id}, {"ok", {{"seq", upto}}}};
        post({upto, j.dump()});
    }

    // write is the loop of the writer thread. It ends after finish().
    void write() {
        for (;;) {
            std::deque<answer> ready;
            bool last;
            {
                std::unique_lock<std::mutex> l(lock_);
                changed_.wait_for(l, std::chrono::milliseconds(1), [&] { return !answers_.empty() || finished_; });
                last = finished_;
                ready.swap(answers_);
            }
            for (auto& a : ready) waiting_.push_back(std::move(a));
            drain();
            bool blocked = false;
            for (auto a = waiting_.begin(); a != waiting_.end();) {
                if (a->after >= next_) {
                    blocked = true;
                    ++a;
                    continue;
                }
                put(a->line);
                a = waiting_.erase(a);
            }
            std::fflush(stdout);
            if (last && !blocked) return;
        }
    }

    void finish() {
        std::lock_guard<std::mutex> l(lock_);
        finished_ = true;
        changed_.notify_all();
    }

    uint64_t events() const { return seq_.load(); }

  private:
    struct answer {
        uint64_t after; // the event that must be written before
        std::string line;
    };

    void post(answer&& a) {
        std::lock_guard<std::mutex> l(lock_);
        answers_.push_back(std::move(a));
        changed_.notify_all();
    }

    buffer& mine() {
        struct owner {
            std::shared_ptr<buffer> b;
            ~owner() { b->ended.store(true); }
        };
        thread_local owner o{register_buffer()};
        return *o.b;
    }

    std::shared_ptr<buffer> register_buffer() {
        auto b = std::make_shared<buffer>();
        std::lock_guard<std::mutex> l(buffers_lock_);
        b->thread = "thread-" + std::to_string(++threads_);
        buffers_.push_back(b);
        return b;
    }

    // drain writes the events in order of their numbers, as far as there is no
    // gap: a number that was drawn is written soon after.
    void drain() {
        std::vector<std::shared_ptr<buffer>> all;
        {
            std::lock_guard<std::mutex> l(buffers_lock_);
            all = buffers_;
        }
        for (auto& b : all) {
            const bool ended = b->ended.load();
            b->drain([&](event&& e) { early_.emplace(e.seq, line(e, b->thread)); });
            if (ended) forget(b);
        }
        for (auto e = early_.begin(); e != early_.end() && e->first == next_; e = early_.erase(e)) {
            put(e->second);
            ++next_;
        }
    }

    void forget(const std::shared_ptr<buffer>& b) {
        std::lock_guard<std::mutex> l(buffers_lock_);
        for (auto i = buffers_.begin(); i != buffers_.end(); ++i) {
            if (*i == b) {
                buffers_.erase(i);
                return;
            }
        }
    }

    static std::string line(const event& e, const std::string& thread) {
        std::string s = "{\"ev\":\"" + std::string(e.kind) + "\",\"name\":\"" + e.name +
            "\",\"seq\":" + std::to_string(e.seq) + ",\"t\":" + std::to_string(e.time) + ",\"thr\":\"" + thread + '"';
        auto number = [&](const char* key, auto v) {
            if (v) s += std::string(",\"") + key + "\":" + std::to_string(v);
        };
        number("of", e.of), number("cont", e.id.container), number("lsn", e.id.listener), number("conn", e.id.conn);
        number("sess", e.id.session), number("link", e.id.link), number("queue", e.id.queue);
        number("item", e.id.item), number("n", e.id.count);
        if (e.ok) s += ",\"ok\":true";
        if (!e.text.empty()) s += ",\"text\":" + json(e.text).dump(-1, ' ', false, json::error_handler_t::replace);
        return s += '}';
    }

    static void put(const std::string& line) {
        std::fwrite(line.data(), 1, line.size(), stdout);
        std::fputc('\n', stdout);
    }

    std::atomic<uint64_t> seq_{0};
    const std::chrono::steady_clock::time_point start_;

    std::mutex buffers_lock_;
    std::vector<std::shared_ptr<buffer>> buffers_;
    uint64_t threads_ = 0;

    std::mutex lock_;
    std::condition_variable changed_;
    std::deque<answer> answers_;
    bool finished_ = false;

    // The writer's own.
    std::map<uint64_t, std::string> early_;
    std::deque<answer> waiting_;
    uint64_t next_ = 1;
};

} // namespace shim

#endif
