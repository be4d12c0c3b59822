// The container under observation: handlers that record each callback, work
// queues that record each job, and what a command makes them do. The protocol is
// described in conformance/shim/doc.go.
#ifndef COLLIDER_SHIM_CONTAINER_HPP
#define COLLIDER_SHIM_CONTAINER_HPP

#include "record.hpp"

#include <proton/connection.hpp>
#include <proton/connection_options.hpp>
#include <proton/container.hpp>
#include <proton/delivery.hpp>
#include <proton/error_condition.hpp>
#include <proton/listen_handler.hpp>
#include <proton/listener.hpp>
#include <proton/message.hpp>
#include <proton/message_id.hpp>
#include <proton/messaging_handler.hpp>
#include <proton/receiver.hpp>
#include <proton/receiver_options.hpp>
#include <proton/reconnect_options.hpp>
#include <proton/sender.hpp>
#include <proton/session.hpp>
#include <proton/tracker.hpp>
#include <proton/transport.hpp>
#include <proton/work_queue.hpp>

#include <functional>
#include <future>

namespace shim {

inline recorder rec;
class world;

// failure is an error reply.
struct failure {
    std::string kind, text;
};

template <class T> T arg(const json& j, const char* key, T otherwise = T()) { return j.value(key, otherwise); }

// span records an interval: a callback or a piece of work.
class span {
  public:
    span(const char* name, const ids& id, std::string text = "")
        : name_(name), id_(id), enter_(rec.record("enter", name, id, 0, false, std::move(text))) {}
    ~span() { rec.record("exit", name_, id_, enter_); }
    span(const span&) = delete;

  private:
    const char* name_;
    ids id_;
    uint64_t enter_;
};

// operation records the call and the return of f, which gives the result.
template <class F> bool operation(const char* name, const ids& id, F f) {
    const uint64_t call = rec.record("call", name, id);
    bool ok = false;
    std::string text;
    try {
        ok = f();
    } catch (const std::exception& e) {
        text = e.what();
    }
    rec.record("return", name, id, call, ok, text);
    if (!text.empty()) throw failure{"definite", text};
    return ok;
}

// action is what a callback or a job does besides being recorded.
struct action {
    std::string on, what = "none";
    uint32_t conn = 0;
    uint64_t nth = 1, times = 1, us = 0, first = 0, every = 1;

    static action parse(const json& j) {
        action a;
        a.on = arg<std::string>(j, "on"), a.what = arg<std::string>(j, "do", "none");
        a.conn = arg<uint32_t>(j, "conn");
        a.nth = arg<uint64_t>(j, "nth", 1), a.times = arg<uint64_t>(j, "times", 1);
        a.us = arg<uint64_t>(j, "us"), a.first = arg<uint64_t>(j, "first"), a.every = arg<uint64_t>(j, "every", 1);
        static const char* known[] = {"none", "block", "throw", "add", "wake", "close", "stop"};
        for (auto k : known)
            if (a.what == k) return a;
        throw failure{"bad_command", "unknown action " + a.what};
    }
};

// target is a work queue with what actions need: its connection, if it has one.
struct target {
    virtual ~target() = default;
    virtual proton::work_queue& queue() = 0; // throws failure while not usable
    virtual void entered() {}
    virtual void wake() { throw failure{"bad_command", "no connection"}; }
    virtual void close() { throw failure{"bad_command", "no connection"}; }

    // add adds job number item and records the call and the job.
    bool add(uint64_t item, std::function<void()> f) {
        proton::work_queue& q = queue();
        return operation("work_queue.add", with_item(item), [&] { return q.add([this, item, f] { job(item, f); }); });
    }
    bool add(uint64_t item, const action& a) {
        return add(item, [this, item, a] { perform(a, item); });
    }
    void perform(const action& a, uint64_t number);
    void job(uint64_t item, const std::function<void()>& f) {
        span s("work", with_item(item));
        entered();
        f();
    }
    // must_add is add for a command that wants nothing but the job.
    void must_add(uint64_t item, std::function<void()> f) {
        if (!add(item, f)) throw failure{"definite", "the connection is closed"};
    }
    ids with_item(uint64_t item) const {
        ids i = id;
        i.item = item;
        return i;
    }

    ids id;
    world* in = nullptr;
};

struct free_queue : target {
    explicit free_queue(proton::container& c) : wq(c) {}
    proton::work_queue& queue() override { return wq; }
    proton::work_queue wq;
};

// connection is the handler of one connection. What is not marked shared
// belongs to the connection's callbacks and jobs, and nothing guards it: canary
// shows whether the library does.
class connection : public target, public proton::messaging_handler {
  public:
    proton::work_queue& queue() override { return usable().work_queue(); }
    void wake() override {
        operation("wake", id, [&] { return usable().wake(), true; });
    }
    void close() override {
        operation("connection.close", id, [&] { return conn_.close(), true; });
    }
    void entered() override { ++canary_; }
    bool over() const { return over_.load(); }
    void forget() { over_.store(true); }

    uint32_t open_link(uint64_t item, bool sending, const std::string& address, int credit);
    void send(uint64_t item, uint32_t link, uint64_t first, uint64_t n, size_t size);

  private:
    // usable is shared: conn_ is set once, before ready_.
    proton::connection& usable() {
        if (!ready_.load(std::memory_order_acquire)) throw failure{"definite", "the connection has had no callback yet"};
        return conn_;
    }

    template <class F> void callback(const char* name, const proton::connection& c, ids i, const std::string& text, F f) {
        i.conn = id.conn, i.queue = 0;
        span s(name, i, text);
        ++canary_;
        if (!ready_.load(std::memory_order_relaxed)) {
            conn_ = c;
            ready_.store(true, std::memory_order_release);
        }
        armed(name);
        f();
    }
    void armed(const char* name);

    template <class L> ids link_ids(const L& l, uint64_t item = 0, int64_t count = 0) {
        ids i;
        i.session = number(sessions_, l.session(), next_session), i.link = number(links_, static_cast<const proton::link&>(l), next_link);
        i.item = item, i.count = count;
        return i;
    }
    ids session_ids(const proton::session& s) {
        ids i;
        i.session = number(sessions_, s, next_session);
        return i;
    }
    template <class T> static uint32_t number(std::vector<std::pair<T, uint32_t>>& known, const T& x, std::atomic<uint32_t>& next) {
        for (auto& k : known)
            if (k.first == x) return k.second;
        known.emplace_back(x, ++next);
        return next;
    }
    ids tracker_ids(proton::tracker& t) {
        ids i = link_ids(t.sender());
        i.item = sent_[{i.link, t.tag()}];
        return i;
    }

#define ON(name, T, conn, i, text, then) \
    void name(T& x) override { \
        callback(#name, conn, i, text, [&] { then; }); \
    }
    ON(on_transport_open, proton::transport, x.connection(), ids(), "", )
    ON(on_transport_error, proton::transport, x.connection(), ids(), x.error().name(), )
    ON(on_transport_close, proton::transport, x.connection(), ids(), "", finish())
    ON(on_connection_open, proton::connection, x, ids(), "", messaging_handler::on_connection_open(x))
    ON(on_connection_error, proton::connection, x, ids(), x.error().name(), )
    ON(on_connection_close, proton::connection, x, ids(), "", )
    ON(on_connection_wake, proton::connection, x, ids(), "", )
    ON(on_session_open, proton::session, x.connection(), session_ids(x), "", messaging_handler::on_session_open(x))
    ON(on_session_error, proton::session, x.connection(), session_ids(x), x.error().name(), )
    ON(on_session_close, proton::session, x.connection(), session_ids(x), "", )
    ON(on_sender_open, proton::sender, x.connection(), link_ids(x), "", messaging_handler::on_sender_open(x))
    ON(on_sender_error, proton::sender, x.connection(), link_ids(x), x.error().name(), )
    ON(on_sender_detach, proton::sender, x.connection(), link_ids(x), "", )
    ON(on_sender_close, proton::sender, x.connection(), link_ids(x), "", )
    ON(on_receiver_open, proton::receiver, x.connection(), link_ids(x), "", messaging_handler::on_receiver_open(x))
    ON(on_receiver_error, proton::receiver, x.connection(), link_ids(x), x.error().name(), )
    ON(on_receiver_detach, proton::receiver, x.connection(), link_ids(x), "", )
    ON(on_receiver_close, proton::receiver, x.connection(), link_ids(x), "", )
    ON(on_sendable, proton::sender, x.connection(), link_ids(x, 0, x.credit()), "", )
    ON(on_tracker_accept, proton::tracker, x.connection(), tracker_ids(x), "", )
    ON(on_tracker_reject, proton::tracker, x.connection(), tracker_ids(x), "", )
    ON(on_tracker_release, proton::tracker, x.connection(), tracker_ids(x), "", )
    ON(on_tracker_settle, proton::tracker, x.connection(), tracker_ids(x), "", )
    ON(on_delivery_settle, proton::delivery, x.connection(), link_ids(x.receiver()), "", )
    ON(on_sender_drain_start, proton::sender, x.connection(), link_ids(x), "", )
    ON(on_receiver_drain_finish, proton::receiver, x.connection(), link_ids(x), "", )
#undef ON
    void on_message(proton::delivery& d, proton::message& m) override {
        const uint64_t item = m.id().type() == proton::ULONG ? proton::get<uint64_t>(m.id()) : 0;
        callback("on_message", d.connection(), link_ids(d.receiver(), item), "", [] {});
    }
    void finish() {
        ids i;
        i.conn = id.conn, i.count = canary_;
        rec.record("note", "canary", i);
        over_.store(true);
    }

    static inline std::atomic<uint32_t> next_session{0}, next_link{0};

    std::atomic<bool> ready_{false}, over_{false};
    proton::connection conn_;
    int64_t canary_ = 0;
    std::map<std::string, uint64_t> calls_;
    std::vector<std::pair<proton::session, uint32_t>> sessions_;
    std::vector<std::pair<proton::link, uint32_t>> links_;
    std::map<std::pair<uint32_t, proton::binary>, uint64_t> sent_;
};

struct listener : proton::listen_handler {
    void on_open(proton::listener& l) override {
        span s("on_open", id);
        port.set_value(l.port());
    }
    proton::connection_options on_accept(proton::listener&) override;
    void on_error(proton::listener&, const std::string& what) override {
        span s("on_error", id, what);
        port.set_exception(std::make_exception_ptr(failure{"definite", what}));
    }
    void on_close(proton::listener&) override { span s("on_close", id); }

    ids id;
    world* in = nullptr;
    std::promise<int> port;
};

// world is a container and all that belongs to it. Reset makes a new one.
class world : public proton::messaging_handler {
  public:
    world() : container_(new proton::container(*this, "proton-shim")) { id_.container = ++containers; }
    ~world() {
        queues_.clear();
        container_.reset(); // the handlers must outlive it
    }

    void run(int threads) {
        if (runner_.joinable()) throw failure{"bad_command", "already running"};
        container_->auto_stop(false);
        runner_ = std::thread([=] {
            rec.name_thread("run");
            ids i = id_;
            i.count = threads;
            try {
                operation("container.run", i, [&] { return container_->run(threads), true; });
            } catch (const failure&) {
            } // recorded
        });
    }

    // end stops the container and returns how many connections had no
    // on_transport_close.
    int end() {
        if (runner_.joinable()) {
            stop();
            runner_.join();
        }
        int left = 0;
        std::lock_guard<std::mutex> l(lock_);
        for (auto& c : connections_) left += !c->over();
        return left;
    }

    void stop() {
        operation("container.stop", id_, [&] { return container_->stop(), true; });
    }

    listener& listen(const std::string& addr) {
        auto* h = new listener;
        std::lock_guard<std::mutex> l(lock_);
        listeners_.emplace_back(h);
        h->in = this, h->id.listener = ++numbers, h->id.container = id_.container;
        operation("container.listen", h->id, [&] { return container_->listen(addr, *h), true; });
        return *h;
    }

    connection& make_connection() {
        std::lock_guard<std::mutex> l(lock_);
        connections_.emplace_back(new connection);
        return adopt(*connections_.back(), true);
    }

    target& make_queue() {
        std::lock_guard<std::mutex> l(lock_);
        queues_.emplace_back(new free_queue(*container_));
        return adopt(*queues_.back(), false);
    }

    connection& connect(const json& j) {
        connection& c = make_connection();
        proton::connection_options o(c);
        if (j.contains("container_id")) o.container_id(arg<std::string>(j, "container_id"));
        if (j.contains("hostname")) o.virtual_host(arg<std::string>(j, "hostname"));
        if (j.contains("idle_timeout_ms")) o.idle_timeout(proton::duration(arg<uint64_t>(j, "idle_timeout_ms")));
        if (j.contains("max_frame")) o.max_frame_size(arg<uint32_t>(j, "max_frame"));
        if (arg<bool>(j, "reconnect")) o.reconnect(proton::reconnect_options());
        ids i = c.id;
        i.container = id_.container, i.queue = 0;
        try {
            operation("container.connect", i, [&] { return container_->connect(arg<std::string>(j, "addr"), o), true; });
        } catch (const failure&) {
            c.forget(); // it will have no callback
            throw;
        }
        return c;
    }

    void schedule(const json& j) {
        ids i = id_;
        i.item = arg<uint64_t>(j, "item"), i.count = arg<int64_t>(j, "ms") * 1000000;
        const action a = action::parse(arg<json>(j, "body", json::object()));
        const proton::duration d(arg<int64_t>(j, "ms"));
        if (const uint32_t q = arg<uint32_t>(j, "queue")) {
            target& t = find<target>(q);
            i.conn = t.id.conn, i.queue = q;
            operation("work_queue.schedule", i, [&] { return t.queue().schedule(d, [&t, i, a] { t.job(i.item, [&] { t.perform(a, i.item); }); }), true; });
            return;
        }
        if (a.what != "none" && a.what != "block" && a.what != "throw" && a.what != "stop")
            throw failure{"bad_command", a.what + " needs a queue"};
        auto f = [this, i, a] {
            span s("scheduled", i);
            free_action(a);
        };
        operation("container.schedule", i, [&] { return container_->schedule(d, f), true; });
    }

    // find returns a target by the number of its queue.
    template <class T> T& find(uint32_t queue) {
        std::lock_guard<std::mutex> l(lock_);
        auto i = targets_.find(queue);
        if (T* t = i == targets_.end() ? nullptr : dynamic_cast<T*>(i->second)) return *t;
        throw failure{"bad_command", "no such connection or queue"};
    }
    connection& find_conn(uint32_t conn) {
        std::lock_guard<std::mutex> l(lock_);
        for (auto& c : connections_)
            if (c->id.conn == conn) return *c;
        throw failure{"bad_command", "no such connection"};
    }

    void arm(const json& j) {
        auto all = new std::vector<action>(*armed());
        if (arg<std::string>(j, "on").empty()) all->clear();
        else all->push_back(action::parse(j));
        tables_.emplace_back(all);
        armed_.store(all, std::memory_order_release);
    }
    const std::vector<action>* armed() const { return armed_.load(std::memory_order_acquire); }

    void free_action(const action& a) {
        if (a.what == "block") std::this_thread::sleep_for(std::chrono::microseconds(a.us));
        if (a.what == "throw") throw std::runtime_error("thrown as commanded");
        if (a.what == "stop") stop();
    }

    json stats() {
        std::lock_guard<std::mutex> l(lock_);
        int open = 0;
        for (auto& c : connections_) open += !c->over();
        return {{"conns", open}, {"seq", rec.events()}};
    }

  private:
    template <class T> T& adopt(T& t, bool conn) {
        t.in = this, t.id.queue = ++numbers, t.id.conn = conn ? t.id.queue : 0;
        targets_[t.id.queue] = &t;
        return t;
    }
    void on_container_start(proton::container&) override { span s("on_container_start", id_); }
    void on_container_stop(proton::container&) override { span s("on_container_stop", id_); }

    static inline std::atomic<uint32_t> containers{0}, numbers{0};
    ids id_;
    std::vector<std::unique_ptr<const std::vector<action>>> tables_;
    const std::vector<action> none_;
    std::atomic<const std::vector<action>*> armed_{&none_};
    std::mutex lock_;
    std::vector<std::unique_ptr<listener>> listeners_;
    std::vector<std::unique_ptr<connection>> connections_;
    std::vector<std::unique_ptr<free_queue>> queues_;
    std::map<uint32_t, target*> targets_;
    std::unique_ptr<proton::container> container_;
    std::thread runner_;
};

inline void target::perform(const action& a, uint64_t number) {
    if (a.what == "none" || number % a.every != 0) return;
    if (a.what == "add") add(a.first + number, action());
    else if (a.what == "wake") wake();
    else if (a.what == "close") close();
    else in->free_action(a);
}

inline void connection::armed(const char* name) {
    const auto* table = in->armed();
    if (table->empty()) return;
    const uint64_t n = ++calls_[name];
    for (auto& a : *table)
        if (a.on == name && (!a.conn || a.conn == id.conn) && n >= a.nth && n < a.nth + a.times) perform(a, n);
}

inline uint32_t connection::open_link(uint64_t item, bool sending, const std::string& address, int credit) {
    const uint32_t n = ++next_link;
    must_add(item, [=] {
        if (sending) links_.emplace_back(conn_.open_sender(address), n);
        else links_.emplace_back(conn_.open_receiver(address, proton::receiver_options().credit_window(credit)), n);
    });
    return n;
}

inline void connection::send(uint64_t item, uint32_t link, uint64_t first, uint64_t n, size_t size) {
    must_add(item, [=] {
        for (auto& l : links_) {
            if (l.second != link) continue;
            for (auto s : conn_.senders()) {
                if (!(static_cast<proton::link&>(s) == l.first)) continue;
                for (uint64_t i = 0; i < n; ++i) {
                    proton::message m(std::string(size, 'x'));
                    m.id(proton::message_id(first + i));
                    ids k = link_ids(s, first + i);
                    k.conn = id.conn;
                    operation("sender.send", k, [&] { return sent_[{link, s.send(m).tag()}] = first + i, true; });
                }
            }
        }
    });
}

inline proton::connection_options listener::on_accept(proton::listener&) {
    connection& c = in->make_connection();
    ids i = id;
    i.conn = c.id.conn, i.queue = c.id.queue;
    span s("on_accept", i);
    return proton::connection_options(c);
}

} // namespace shim

#endif
