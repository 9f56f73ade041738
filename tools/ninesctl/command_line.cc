// SPDX-FileCopyrightText: The nines authors
// SPDX-License-Identifier: Apache-2.0

// The only file that knows CLI11. Every command has a function here that says which options it
// takes and in which field of its options struct each ends. CLI11 reports wrong arguments by an
// exception, which does not leave ParseCommandLine().

#include "ninesctl/command_line.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "ninesctl/check.h"
#include "ninesctl/explain.h"
#include "ninesctl/probe.h"
#include "ninesctl/resolve.h"
#include "ninesctl/snapshot_copy.h"
#include "ninesctl/snapshot_show.h"
#include "ninesctl/snapshot_verify.h"
#include "ninesctl/whatif.h"

namespace nines::ctl {
namespace {

constexpr char kTargetHelp[] =
    "what a client connects to: dns:///host:port, srv:///_service._proto.name, file:///path, "
    "static:///ip:port,…";

// Commands that act on a running process, which has no address for them yet.
constexpr const char* kAdminCommands[] = {"status", "drain", "disable", "enable", "refresh"};

// Longer than any answer is worth waiting for; a typing error ends here rather than in a hang.
constexpr absl::Duration kMaxTimeout = absl::Hours(1);

std::string DurationProblem(const std::string& text) {
  absl::Duration duration;
  const bool is_allowed = absl::ParseDuration(text, &duration) && duration > absl::ZeroDuration() &&
                          duration <= kMaxTimeout;
  if (is_allowed) return "";
  return absl::StrCat("\"", Printable(text), "\" is not a time; allowed: more than 0 and at most ",
                      absl::FormatDuration(kMaxTimeout), ", such as 500ms or 1m30s");
}

void AddDuration(CLI::App& command, const std::string& name, absl::Duration& value,
                 const std::string& help) {
  const auto assign = [&value](const std::string& text) { absl::ParseDuration(text, &value); };
  command.add_option_function<std::string>(name, assign, help)
      ->check(CLI::Validator(DurationProblem, ""))
      ->type_name("TIME")
      ->default_str(absl::FormatDuration(value));
}

void AddDuration(CLI::App& command, const std::string& name, std::optional<absl::Duration>& value,
                 const std::string& help) {
  const auto assign = [&value](const std::string& text) {
    absl::ParseDuration(text, &value.emplace());
  };
  command.add_option_function<std::string>(name, assign, help)
      ->check(CLI::Validator(DurationProblem, ""))
      ->type_name("TIME");
}

void AddResolveTimeout(CLI::App& command, absl::Duration& value) {
  AddDuration(command, "--resolve-timeout", value, "how long to wait for the endpoints");
}

void AddConfig(CLI::App& command, std::string& path, const std::string& help) {
  command.add_option("--config", path, help)->type_name("CONFIG");
}

void AddTarget(CLI::App& command, std::string& target) {
  command.add_option("TARGET", target, kTargetHelp)->required()->type_name("");
}

CLI::Option* AddAddresses(CLI::App& command, const std::string& name,
                          std::vector<std::string>& addresses, const std::string& help) {
  return command.add_option(name, addresses, help)->type_name("ADDRESS")->expected(1)->take_all();
}

template <typename Number>
CLI::Option* AddNumber(CLI::App& command, const std::string& name, Number& value, uint64_t max,
                       const std::string& help) {
  return command.add_option(name, value, help)
      ->check(CLI::Range(Number{1}, static_cast<Number>(max)))
      ->type_name("N")
      ->capture_default_str();
}

std::string HeaderProblem(const std::string& text) {
  const size_t equals = text.find('=');
  if (equals != std::string::npos && equals != 0) return "";
  return absl::StrCat("\"", Printable(text), "\" is no header; allowed: NAME=VALUE");
}

void AddPath(CLI::App& command, const std::string& name, std::string& path,
             const std::string& help) {
  command.add_option(name, path, help)->required()->type_name("");
}

// Collects what the callbacks of the commands say: exactly one of them runs.
class Parser final {
 public:
  Parser() : app_("Asks what nines, the client-side load balancer, makes of configs and targets.") {
    app_.name("ninesctl");
    app_.set_version_flag("--version", "ninesctl " NINES_VERSION, "show the version");
    app_.require_subcommand(1);
    app_.failure_message(CLI::FailureMessage::simple);
    app_.set_help_flag("-h,--help", "show this help");
    AddCheck();
    AddResolve();
    AddProbe();
    AddExplain();
    AddWhatIf();
    AddSnapshot();
    AddAdminCommands();
    app_.footer(
        "Exit status: 0 the answer is good, 1 it is bad news, 2 wrong use.\n"
        "`ninesctl COMMAND --help` has the options of a command.");
  }

  std::variant<Invocation, ExitStatus> Parse(int argc, const char* const* argv, std::ostream& out,
                                             std::ostream& err) {
    if (const std::string problem = CommandProblem(argc, argv); !problem.empty()) {
      err << "ninesctl: " << problem << "\n";
      return ExitStatus::kWrongUse;
    }
    try {
      app_.parse(argc, argv);
    } catch (const CLI::Success& success) {
      app_.exit(success, out, err);
      return ExitStatus::kGood;
    } catch (const CLI::ParseError& error) {
      err << Named() << Printable(error.what()) << "\nRun with --help for what is allowed.\n";
      return ExitStatus::kWrongUse;
    }
    return std::move(invocation_);
  }

 private:
  // "ninesctl snapshot verify: ", as far as the arguments were understood.
  std::string Named() const {
    std::string name = "ninesctl";
    for (const CLI::App* level = &app_; !level->get_subcommands().empty();) {
      level = level->get_subcommands().front();
      absl::StrAppend(&name, " ", level->get_name());
    }
    return name + ": ";
  }

  // What is wrong with the words before the first option, which choose the command; CLI11 would
  // only say that one is missing.
  std::string CommandProblem(int argc, const char* const* argv) const {
    const CLI::App* level = &app_;
    int i = 1;
    for (; i < argc && argv[i][0] != '-' && !CommandsOf(*level).empty(); ++i) {
      const CLI::App* const parent = level;
      for (const CLI::App* command : CommandsOf(*parent)) {
        if (command->get_name() == argv[i]) level = command;
      }
      if (level == parent) {
        return absl::StrCat("\"", Printable(argv[i]),
                            "\" is not a command; allowed: ", CommandNames(*parent));
      }
    }
    if (i < argc || CommandsOf(*level).empty()) return "";
    return absl::StrCat("a command is missing; allowed: ", CommandNames(*level));
  }

  static std::vector<const CLI::App*> CommandsOf(const CLI::App& parent) {
    return parent.get_subcommands([](const CLI::App* command) {
      return !command->get_name().empty();  // else a group of options
    });
  }

  // Without those that are hidden from the help.
  static std::string CommandNames(const CLI::App& parent) {
    std::vector<std::string> names;
    for (const CLI::App* command : CommandsOf(parent)) {
      if (!command->get_group().empty()) names.push_back(command->get_name());
    }
    return absl::StrJoin(names, ", ");
  }

  // A command whose options are of type Options, run by `run`.
  template <typename Options>
  std::pair<CLI::App*, Options*> Add(const std::string& name, const std::string& help,
                                     absl::StatusOr<ExitStatus> (*run)(const Options&, Console&)) {
    return AddTo(app_, name, name, help, run);
  }

  // The same, for a command of a command: `full_name` is both of their names.
  template <typename Options>
  std::pair<CLI::App*, Options*> AddTo(CLI::App& parent, const std::string& name,
                                       const std::string& full_name, const std::string& help,
                                       absl::StatusOr<ExitStatus> (*run)(const Options&,
                                                                         Console&)) {
    CLI::App* command = parent.add_subcommand(name, help);
    const auto options = std::make_shared<Options>();
    const auto is_json = std::make_shared<bool>(false);
    command->add_flag("--json", *is_json, "write JSON, for programs (docs/ninesctl.md)");
    command->callback([this, full_name, options, is_json, run] {
      invocation_.command = full_name;
      invocation_.format = *is_json ? OutputFormat::kJson : OutputFormat::kText;
      invocation_.run = [options, run](Console& console) { return run(*options, console); };
    });
    return {command, options.get()};
  }

  void AddCheck() {
    auto [command, options] = Add<CheckOptions>(
        "check", "Says what is wrong with a service config, or what it means", &Check);
    command->add_option("CONFIG", options->config, "a JSON file; -: stdin")
        ->required()
        ->type_name("");
  }

  void AddResolve() {
    auto [command, options] =
        Add<ResolveOptions>("resolve", "Shows the endpoints that a target has now", &Resolve);
    AddTarget(*command, options->target);
    AddDuration(*command, "--timeout", options->timeout, "how long to wait for an answer");
    command->add_flag("--watch", options->watches, "go on, and show each further answer");
  }

  void AddProbe() {
    auto [command, options] =
        Add<ProbeOptions>("probe", "Asks every endpoint of a target whether it is well", &Probe);
    AddTarget(*command, options->target);
    CLI::Option_group* kind =
        command->add_option_group("How to probe", "one of; without any: --tcp");
    kind->require_option(0, 1);
    kind->add_flag("--tcp", "well is who accepts a connection");
    kind->add_option("--http", options->http_path, "well is who answers a GET of this path")
        ->type_name("PATH");
    kind->add_option("--grpc", options->grpc_service,
                     "well is who answers SERVING of this service; \"\": of the server as a whole")
        ->type_name("SERVICE");
    AddConfig(*kind, options->config, "as the healthCheck of this service config says; -: stdin");
    AddNumber(*command, "--count", options->count, 10'000, "probes of each endpoint");
    AddDuration(*command, "--timeout", options->timeout, "of a probe; without: the healthCheck's");
    AddResolveTimeout(*command, options->resolve_timeout);
  }

  void AddExplain() {
    auto [command, options] = Add<ExplainOptions>(
        "explain", "Shows which endpoints a call looks at, in order, and why", &Explain);
    AddTarget(*command, options->target);
    command->add_option("--key", options->key, "the call's hash key");
    command->add_option("--header", options->headers, "metadata of the call, each NAME=VALUE")
        ->check(CLI::Validator(HeaderProblem, ""))
        ->type_name("NAME=VALUE")
        ->expected(1)
        ->take_all();
    command->add_option("--method", options->method, "/package.Service/Method");
    command->add_option("--client-ip", options->client_ip, "on whose behalf the call is made");
    command->add_option("--request-content", options->request_content, "what the request has");
    AddConfig(*command, options->config, "service config; without: policy hash; -: stdin");
    AddDuration(*command, "--wait", options->wait, "let the config's healthCheck probe so long");
    AddResolveTimeout(*command, options->resolve_timeout);
  }

  void AddWhatIf() {
    auto [command, options] = Add<WhatIfOptions>(
        "whatif", "Shows which keys move and who gets which load if endpoints change", &WhatIf);
    AddTarget(*command, options->target);
    AddAddresses(*command, "--remove", options->remove, "an endpoint that goes; may be repeated");
    CLI::Option* add = AddAddresses(*command, "--add", options->add,
                                    "one that comes, to the first tier; likewise");
    AddNumber(*command, "--weight", options->weight, 65'535, "of each that comes")->needs(add);
    AddNumber(*command, "--keys", options->keys, 10'000'000, "keys that are counted");
    AddConfig(*command, options->config, "service config; without: policy hash; -: stdin");
    AddResolveTimeout(*command, options->resolve_timeout);
  }

  void AddSnapshot() {
    CLI::App& snapshot = *app_.add_subcommand(
        "snapshot", "Looks after the files that keep what is known of a target");
    snapshot.require_subcommand(1);
    AddSnapshotReaders(snapshot);
    auto [backup, backup_options] = AddTo<SnapshotBackupOptions>(
        snapshot, "backup", "snapshot backup", "Copies a snapshot that is valid", &BackUpSnapshot);
    AddPath(*backup, "SOURCE", backup_options->source, "a snapshot");
    AddPath(*backup, "DESTINATION", backup_options->destination,
            "the copy: a file that is not there");
    backup->add_flag("--replace", backup_options->replaces, "it may be there, and is replaced");

    auto [restore, restore_options] = AddTo<SnapshotRestoreOptions>(
        snapshot, "restore", "snapshot restore",
        "Puts a backup in place, and keeps what was there under another name", &RestoreSnapshot);
    AddPath(*restore, "BACKUP", restore_options->backup, "a snapshot");
    AddPath(*restore, "DESTINATION", restore_options->destination, "where clients look for one");
  }

  void AddSnapshotReaders(CLI::App& snapshot) {
    auto [verify, verify_options] = AddTo<SnapshotVerifyOptions>(
        snapshot, "verify", "snapshot verify", "Says whether a snapshot is whole", &VerifySnapshot);
    AddPath(*verify, "SNAPSHOT", verify_options->snapshot, "a file");
    auto [show, show_options] = AddTo<SnapshotShowOptions>(
        snapshot, "show", "snapshot show", "Shows what is in a snapshot", &ShowSnapshot);
    AddPath(*show, "SNAPSHOT", show_options->snapshot, "a file");
  }

  // Known by name, so that who reads of them elsewhere is told why they do not work.
  void AddAdminCommands() {
    for (const std::string name : kAdminCommands) {
      CLI::App* command = app_.add_subcommand(name, "")->group("")->allow_extras();
      command->callback([this, name] {
        invocation_.command = name;
        invocation_.run = [](Console&) -> absl::StatusOr<ExitStatus> {
          return absl::InvalidArgumentError(
              "not supported yet: it asks a running process, and none of nines listens for that");
        };
      });
    }
  }

  CLI::App app_;
  Invocation invocation_;
};

}  // namespace

std::variant<Invocation, ExitStatus> ParseCommandLine(int argc, const char* const* argv,
                                                      std::ostream& out, std::ostream& err) {
  return Parser().Parse(argc, argv, out, err);
}

}  // namespace nines::ctl
