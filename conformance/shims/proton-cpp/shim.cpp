// The shim that attaches Qpid Proton C++ to the conformance suite. It is dumb:
// it does what a command says and records what the library calls; it judges
// nothing. The protocol is described in conformance/shim/doc.go.

#include "container.hpp"

#include <proton/version.h>

#include <cstdlib>
#include <iostream>

using namespace shim;

namespace {

// parallel runs f(k) on n threads that start together.
template <class F> void parallel(const std::string& name, int n, F f) {
    std::atomic<int> waiting{n};
    std::vector<std::thread> threads;
    for (int k = 0; k < n; ++k) {
        threads.emplace_back([&, k] {
            rec.name_thread(name + '.' + std::to_string(k + 1));
            for (--waiting; waiting.load() > 0;) std::this_thread::yield();
            f(k);
        });
    }
    for (auto& t : threads) t.join();
}

class session {
  public:
    void command(const json& j) {
        const std::string op = arg<std::string>(j, "op");
        const auto& known = table();
        auto i = known.find(op);
        if (i == known.end()) return error(j, {"unsupported", op});
        if (i->second.first) { // may block
            auto f = i->second.second;
            std::thread t([this, f, j] { answer(j, f); });
            if (op == "reset") t.detach(); // it joins the others; only ping may come meanwhile
            else tasks_.push_back(std::move(t));
            return;
        }
        answer(j, i->second.second);
    }

  private:
    using handler = std::function<json(session&, const json&)>;

    void answer(const json& j, const handler& f) {
        const uint64_t id = arg<uint64_t>(j, "id");
        try {
            json ok = f(*this, j);
            if (!ok.is_null()) rec.reply({{"re", id}, {"ok", ok}});
        } catch (const failure& e) {
            error(j, e);
        } catch (const json::exception& e) {
            error(j, {"bad_command", e.what()});
        } catch (const std::exception& e) {
            error(j, {"shim_bug", e.what()});
        }
    }
    void error(const json& j, const failure& f) {
        rec.reply({{"re", arg<uint64_t>(j, "id")}, {"err", {{"kind", f.kind}, {"text", f.text}}}});
    }

    json hello() {
        json ops = json::array();
        for (auto& t : table()) ops.push_back(t.first);
        // add_exact_at_close: Proton 0.37 runs a queue's jobs and then, as
        // another step, finishes the queue; a job added between the two is
        // accepted and never runs. wake_safe_at_close: pn_connection_wake looks
        // the proactor's connection up and locks its mutex in two steps; if the
        // connection is freed between them, the lock never comes.
        return {{"proto", 1}, {"name", "proton-cpp"}, {"version", "1"}, {"language", "C++"},
                {"lib_version", std::to_string(PN_VERSION_MAJOR) + '.' + std::to_string(PN_VERSION_MINOR) + '.' + std::to_string(PN_VERSION_POINT)},
                {"roles", {"connect", "listen", "send", "receive"}}, {"ops", ops}, {"threads", "pool"}, {"events", "intervals"},
                {"promises", {{"serialized_callbacks", true}, {"parallel_connections", true}, {"work_queue_fifo", true},
                              {"add_returns_bool", true}, {"add_exact_at_close", false}, {"wake_coalesces", true}, {"wake_safe_at_close", false},
                              {"schedule", true}, {"cancel", false}, {"auto_stop", true}, {"stop_joins", true},
                              {"lifecycle", true}, {"pool_bounded", true}, {"reconnect", true},
                              {"auto_settle", true}, {"auto_credit", true}}}};
    }

    json add_work(const json& j) {
        target& t = world_->find<target>(arg<uint32_t>(j, "queue"));
        const int threads = arg<int>(j, "threads", 1);
        const uint64_t n = arg<uint64_t>(j, "n", 1), first = arg<uint64_t>(j, "first"), gap = arg<uint64_t>(j, "gap_us");
        const action a = action::parse(arg<json>(j, "body", json::object()));
        std::atomic<uint64_t> accepted{0};
        t.queue(); // fails here and not in the threads
        parallel("producer-" + std::to_string(arg<uint64_t>(j, "id")), threads, [&](int k) {
            uint64_t ok = 0;
            for (uint64_t i = 0; i < n; ++i) {
                ok += t.add(first + k * n + i, a);
                if (gap) std::this_thread::sleep_for(std::chrono::microseconds(gap));
            }
            accepted += ok;
        });
        return {{"accepted", accepted.load()}, {"refused", threads * n - accepted}};
    }

    json wake(const json& j) {
        connection& c = world_->find_conn(arg<uint32_t>(j, "conn"));
        const uint64_t n = arg<uint64_t>(j, "n", 1), gap = arg<uint64_t>(j, "gap_us");
        c.queue(); // fails here and not in the threads
        parallel("waker-" + std::to_string(arg<uint64_t>(j, "id")), arg<int>(j, "threads", 1), [&](int) {
            for (uint64_t i = 0; i < n; ++i) {
                c.wake();
                if (gap) std::this_thread::sleep_for(std::chrono::microseconds(gap));
            }
        });
        return json::object();
    }

    json reset() {
        for (auto& t : tasks_) t.join();
        tasks_.clear();
        const int left = world_->end();
        world_.reset(new world);
        return {{"left", left}};
    }

    json listen(const json& j) {
        listener& l = world_->listen(arg<std::string>(j, "addr"));
        const int port = l.port.get_future().get();
        const std::string addr = arg<std::string>(j, "addr");
        return {{"lsn", l.id.listener}, {"addr", addr.substr(0, addr.rfind(':') + 1) + std::to_string(port)}};
    }

    json close(const json& j) {
        connection& c = world_->find_conn(arg<uint32_t>(j, "conn"));
        c.must_add(arg<uint64_t>(j, "item"), [&c] { c.close(); });
        return json::object();
    }

    static json conn_reply(const connection& c) { return {{"conn", c.id.conn}, {"queue", c.id.queue}}; }

    // table gives for each operation whether it may block and what it does.
    static const std::map<std::string, std::pair<bool, handler>>& table() {
        static const std::map<std::string, std::pair<bool, handler>> t = {
            {"hello", {false, [](session& s, const json&) { return s.hello(); }}},
            {"ping", {false, [](session&, const json&) { return json::object(); }}},
            {"run", {false, [](session& s, const json& j) { return s.world_->run(arg<int>(j, "threads", 1)), json::object(); }}},
            {"listen", {true, [](session& s, const json& j) { return s.listen(j); }}},
            {"connect", {false, [](session& s, const json& j) { return conn_reply(s.world_->connect(j)); }}},
            {"open_queue", {false, [](session& s, const json&) { return json{{"queue", s.world_->make_queue().id.queue}}; }}},
            {"open_sender", {false, [](session& s, const json& j) {
                return json{{"link", s.world_->find_conn(arg<uint32_t>(j, "conn")).open_link(arg<uint64_t>(j, "item"), true, arg<std::string>(j, "addr"), 0)}}; }}},
            {"open_receiver", {false, [](session& s, const json& j) {
                return json{{"link", s.world_->find_conn(arg<uint32_t>(j, "conn")).open_link(arg<uint64_t>(j, "item"), false, arg<std::string>(j, "addr"), arg<int>(j, "credit", 10))}}; }}},
            {"send", {false, [](session& s, const json& j) {
                s.world_->find_conn(arg<uint32_t>(j, "conn")).send(arg<uint64_t>(j, "item"), arg<uint32_t>(j, "link"), arg<uint64_t>(j, "first"), arg<uint64_t>(j, "n", 1), arg<size_t>(j, "size"));
                return json::object(); }}},
            {"add_work", {true, [](session& s, const json& j) { return s.add_work(j); }}},
            {"wake", {true, [](session& s, const json& j) { return s.wake(j); }}},
            {"schedule", {false, [](session& s, const json& j) { return s.world_->schedule(j), json::object(); }}},
            {"behave", {false, [](session& s, const json& j) { return s.world_->arm(j), json::object(); }}},
            {"close", {false, [](session& s, const json& j) { return s.close(j); }}},
            {"stop", {false, [](session& s, const json&) { return s.world_->stop(), json::object(); }}},
            {"barrier", {false, [](session&, const json& j) { return rec.reply_after(arg<uint64_t>(j, "id")), json(); }}},
            {"stats", {false, [](session& s, const json&) { return s.world_->stats(); }}},
            {"reset", {true, [](session& s, const json&) { return s.reset(); }}},
        };
        return t;
    }

    std::unique_ptr<world> world_{new world};
    std::vector<std::thread> tasks_;
};

} // namespace

int main() {
    std::thread writer([] { rec.write(); });
    session s;
    std::string line;
    while (std::getline(std::cin, line)) {
        json j = json::parse(line, nullptr, false);
        if (!j.is_object()) {
            rec.reply({{"re", 0}, {"err", {{"kind", "bad_command"}, {"text", line}}}});
            continue;
        }
        if (arg<std::string>(j, "op") == "exit") {
            rec.reply({{"re", arg<uint64_t>(j, "id")}, {"ok", json::object()}});
            break;
        }
        s.command(j);
    }
    rec.finish();
    writer.join();
    std::_Exit(0); // threads may still be in the library
}
