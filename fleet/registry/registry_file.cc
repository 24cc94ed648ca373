#include "fleet/registry/registry_file.h"

#include "base/status_macros.h"
#include "fmt/format.h"
#include "rapidjson/document.h"
#include "rapidjson/error/en.h"
#include "rapidjson/stringbuffer.h"
#include "rapidjson/writer.h"

namespace tidemark::fleet {
namespace {

constexpr std::string_view kFormat = "tidemark-fleet";
constexpr int kVersion = 1;

// --- writing -----------------------------------------------------------------------------------

// NaN and infinities never get here: sums are of finite increases.
using JsonWriter = rapidjson::Writer<rapidjson::StringBuffer>;

class Encoder {
 public:
  explicit Encoder(rapidjson::StringBuffer* buffer) : json_(*buffer) {}

  void Registry(const Fleet::Saved& fleet);

 private:
  template <typename Body>
  void Object(const Body& body) {
    json_.StartObject();
    body();
    json_.EndObject();
  }
  template <typename List, typename Body>
  void Array(std::string_view key, const List& list, const Body& body) {
    Key(key);
    json_.StartArray();
    for (const auto& entry : list) {
      body(entry);
    }
    json_.EndArray();
  }
  void Key(std::string_view key) {
    json_.Key(key.data(), static_cast<rapidjson::SizeType>(key.size()));
  }
  void Text(std::string_view key, std::string_view text) {
    Key(key);
    json_.String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
  }
  void Number(std::string_view key, int64_t number) {
    Key(key);
    json_.Int64(number);
  }
  void Time(std::string_view key, OptionalTime t) {
    if (t.has_value()) {
      Number(key, *t);
    }
  }
  void Pairs(std::string_view key, const LabelPairs& pairs) {
    Key(key);
    Object([&] {
      for (const auto& [name, value] : pairs) {
        Text(name, value);
      }
    });
  }
  template <typename Sums>
  void HourSums(std::string_view key, const Sums& sums) {
    Key(key);
    Object([&] {
      Number("newest", sums.newest());
      Array("buckets", sums.buckets(), [&](double sum) { json_.Double(sum); });
    });
  }

  void Cluster(const ClusterIdentity& identity, const ClusterState::Saved& saved);
  void Forgotten(const Fleet::ForgottenCluster& cluster);
  void OneInstance(const Instance& instance);
  void OneTask(const TaskFacts& task);
  void Checkpoint(std::string_view key, const CheckpointFacts& checkpoint);

  JsonWriter json_;
};

void Encoder::Registry(const Fleet::Saved& fleet) {
  Object([&] {
    Text("format", kFormat);
    Number("version", kVersion);
    Array("clusters", fleet.clusters,
          [&](const Fleet::SavedCluster& cluster) { Cluster(cluster.first, cluster.second); });
    Array("forgotten", fleet.forgotten,
          [&](const Fleet::ForgottenCluster& cluster) { Forgotten(cluster); });
  });
}

LabelPairs PairsOf(model::LabelsView labels) {
  LabelPairs pairs;
  for (const model::LabelView& label : labels) {
    pairs.emplace_back(label.name, label.value);
  }
  return pairs;
}

void Encoder::Cluster(const ClusterIdentity& identity, const ClusterState::Saved& saved) {
  Object([&] {
    Text("name", identity.name);
    Pairs("labels", PairsOf(identity.labels));
    Number("first_sample", saved.first_sample);
    Number("last_sample", saved.time);
    Number("first_received", saved.first_received_ms);
    Number("last_received", saved.last_received_ms);
    Number("delivery_lag", saved.delivery_lag_ms);
    Time("safe_point", saved.safe_point);
    Number("safe_point_changed", saved.safe_point_changed_at);
    Text("owner", saved.owner.instance);
    Text("owner_before", saved.owner.before);
    Time("owner_changed", saved.owner.changed_at);
    Pairs("group_labels", saved.group_labels);
    Array("senders", saved.senders, [&](const Sender& sender) {
      Object([&] {
        Text("replica", sender.replica);
        Number("last_seen", sender.last_seen);
      });
    });
    Array("ids", saved.ids, [&](const ClusterIdSeen& id) {
      Object([&] {
        Text("id", id.id);
        Number("first_seen", id.first_seen);
        Number("last_seen", id.last_seen);
      });
    });
    Array("instances", saved.instances, [&](const Instance& instance) { OneInstance(instance); });
    Array("tasks", saved.tasks, [&](const TaskFacts& task) { OneTask(task); });
    HourSums("flushed_bytes", saved.volumes.flushed_bytes);
    HourSums("flushed_files", saved.volumes.flushed_files);
    HourSums("engine_bytes", saved.volumes.engine_bytes);
  });
}

void Encoder::Forgotten(const Fleet::ForgottenCluster& cluster) {
  Object([&] {
    Pairs("labels", PairsOf(cluster.labels));
    Number("until", cluster.until);
    Number("at", cluster.at_ms);
  });
}

void Encoder::OneInstance(const Instance& instance) {
  Object([&] {
    Text("name", instance.name);
    Text("component", ToString(instance.component));
    Text("version", instance.version);
    Number("first_seen", instance.first_seen);
    Number("last_seen", instance.last_seen);
    Time("restarted", instance.restarted_at);
    if (instance.events != nullptr) {
      HourSums("events", *instance.events);
    }
  });
}

void Encoder::OneTask(const TaskFacts& task) {
  Object([&] {
    Text("name", task.name);
    Number("first_seen", task.first_seen);
    Checkpoint("checkpoint", task.checkpoint);
    Checkpoint("pd_checkpoint", task.pd_checkpoint);
    Checkpoint("storage_checkpoint", task.storage_checkpoint);
    Time("advanced", task.advanced_at);
    Time("step_before", task.step_before);
    Time("status", task.status_at);
    Time("running", task.running_at);
    Time("paused_since", task.paused_since);
    Number("pause_seen", task.pause_seen ? 1 : 0);
    Time("failed_since", task.failed_since);
    Time("removed", task.removed_at);
    Time("renewed", task.renewed_at);
  });
}

void Encoder::Checkpoint(std::string_view key, const CheckpointFacts& checkpoint) {
  if (!checkpoint.at.has_value()) {
    return;
  }
  Key(key);
  Object([&] {
    Number("at", *checkpoint.at);
    Number("told", checkpoint.told_at);
  });
}

// --- reading -----------------------------------------------------------------------------------

// One object of the file. What is missing has its default; what is of another type is damage.
class Reader {
 public:
  Reader(const rapidjson::Value& value, std::string where, absl::Status* status)
      : value_(value), where_(std::move(where)), status_(status) {
    if (!value.IsObject()) {
      Fail("is no object");
    }
  }

  int64_t Number(const char* key) const {
    const rapidjson::Value* value = Find(key, &rapidjson::Value::IsInt64, "an integer");
    return value == nullptr ? 0 : value->GetInt64();
  }
  OptionalTime Time(const char* key) const {
    const rapidjson::Value* value = Find(key, &rapidjson::Value::IsInt64, "an integer");
    return value == nullptr ? std::nullopt : OptionalTime(value->GetInt64());
  }
  std::string Text(const char* key) const {
    const rapidjson::Value* value = Find(key, &rapidjson::Value::IsString, "a text");
    return value == nullptr ? std::string()
                            : std::string(value->GetString(), value->GetStringLength());
  }
  LabelPairs Pairs(const char* key) const;
  template <typename Body>
  void ForEach(const char* key, const Body& body) const {
    const rapidjson::Value* list = Find(key, &rapidjson::Value::IsArray, "a list");
    for (rapidjson::SizeType i = 0; list != nullptr && i < list->Size(); ++i) {
      body(Reader((*list)[i], fmt::format("{}.{}[{}]", where_, key, i), status_));
    }
  }
  CheckpointFacts Checkpoint(const char* key) const;
  template <typename Sums>
  bool HourSums(const char* key, Sums* sums) const;

 private:
  using Is = bool (rapidjson::Value::*)() const;

  const rapidjson::Value* Find(const char* key, Is is, std::string_view wanted) const {
    if (!status_->ok() || !value_.IsObject()) {
      return nullptr;
    }
    const auto member = value_.FindMember(key);
    if (member == value_.MemberEnd()) {
      return nullptr;
    }
    if (!(member->value.*is)()) {
      Fail(fmt::format("has a {} that is not {}", key, wanted));
      return nullptr;
    }
    return &member->value;
  }
  void Fail(std::string_view what) const {
    if (status_->ok()) {
      *status_ = absl::DataLossError(fmt::format("{} {}", where_, what));
    }
  }

  const rapidjson::Value& value_;
  const std::string where_;
  absl::Status* const status_;
};

LabelPairs Reader::Pairs(const char* key) const {
  LabelPairs pairs;
  const rapidjson::Value* object = Find(key, &rapidjson::Value::IsObject, "an object");
  if (object == nullptr) {
    return pairs;
  }
  for (const auto& member : object->GetObject()) {
    if (!member.value.IsString() || member.name.GetStringLength() == 0) {
      Fail(fmt::format("has a label in {} that is no text", key));
      return {};
    }
    std::string name(member.name.GetString(), member.name.GetStringLength());
    for (const auto& pair : pairs) {
      if (pair.first == name) {
        Fail(fmt::format("has the label {} twice in {}", name, key));
        return {};
      }
    }
    pairs.emplace_back(std::move(name),
                       std::string(member.value.GetString(), member.value.GetStringLength()));
  }
  return pairs;
}

CheckpointFacts Reader::Checkpoint(const char* key) const {
  const rapidjson::Value* object = Find(key, &rapidjson::Value::IsObject, "an object");
  if (object == nullptr) {
    return {};
  }
  const Reader checkpoint(*object, where_ + "." + key, status_);
  return {checkpoint.Time("at"), checkpoint.Number("told")};
}

template <typename Sums>
bool Reader::HourSums(const char* key, Sums* sums) const {
  const rapidjson::Value* object = Find(key, &rapidjson::Value::IsObject, "an object");
  if (object == nullptr) {
    return false;
  }
  const Reader reader(*object, where_ + "." + key, status_);
  const rapidjson::Value* list = reader.Find("buckets", &rapidjson::Value::IsArray, "a list");
  auto buckets = sums->buckets();
  const int64_t newest = reader.Number("newest");
  if (list == nullptr || list->Size() != buckets.size() || newest < 0) {
    Fail(fmt::format("has {} that are not {} buckets", key, buckets.size()));
    return false;
  }
  for (size_t i = 0; i < buckets.size(); ++i) {
    const rapidjson::Value& bucket = (*list)[static_cast<rapidjson::SizeType>(i)];
    if (!bucket.IsNumber()) {
      Fail(fmt::format("has a bucket in {} that is no number", key));
      return false;
    }
    buckets[i] = bucket.GetDouble();
  }
  sums->Restore(newest, buckets);
  return true;
}

Component ComponentNamed(std::string_view name) {
  for (const Component c : {Component::kTikv, Component::kTidb, Component::kPd}) {
    if (ToString(c) == name) {
      return c;
    }
  }
  return Component::kUnknown;
}

Instance ReadInstance(const Reader& reader) {
  Instance instance;
  instance.name = reader.Text("name");
  instance.component = ComponentNamed(reader.Text("component"));
  instance.version = reader.Text("version");
  instance.first_seen = reader.Number("first_seen");
  instance.last_seen = reader.Number("last_seen");
  instance.restarted_at = reader.Time("restarted");
  auto events = std::make_unique<DaySums>();
  if (reader.HourSums("events", events.get())) {
    instance.events = std::move(events);
  }
  return instance;
}

TaskFacts ReadTask(const Reader& reader) {
  TaskFacts task;
  task.name = reader.Text("name");
  task.first_seen = reader.Number("first_seen");
  task.checkpoint = reader.Checkpoint("checkpoint");
  task.pd_checkpoint = reader.Checkpoint("pd_checkpoint");
  task.storage_checkpoint = reader.Checkpoint("storage_checkpoint");
  task.advanced_at = reader.Time("advanced");
  task.step_before = reader.Time("step_before");
  task.status_at = reader.Time("status");
  task.running_at = reader.Time("running");
  task.paused_since = reader.Time("paused_since");
  task.pause_seen = reader.Number("pause_seen") != 0;
  task.failed_since = reader.Time("failed_since");
  task.removed_at = reader.Time("removed");
  task.renewed_at = reader.Time("renewed");
  return task;
}

Fleet::SavedCluster ReadCluster(const Reader& reader) {
  ClusterState::Saved saved;
  saved.first_sample = reader.Number("first_sample");
  saved.time = reader.Number("last_sample");
  saved.first_received_ms = reader.Number("first_received");
  saved.last_received_ms = reader.Number("last_received");
  saved.delivery_lag_ms = reader.Number("delivery_lag");
  saved.safe_point = reader.Time("safe_point");
  saved.safe_point_changed_at = reader.Number("safe_point_changed");
  saved.owner = {reader.Text("owner"), reader.Time("owner_changed"), reader.Text("owner_before")};
  saved.group_labels = reader.Pairs("group_labels");
  reader.ForEach("senders", [&](const Reader& sender) {
    saved.senders.push_back({sender.Text("replica"), sender.Number("last_seen")});
  });
  reader.ForEach("ids", [&](const Reader& id) {
    saved.ids.push_back({id.Text("id"), id.Number("first_seen"), id.Number("last_seen")});
  });
  reader.ForEach("instances", [&](const Reader& r) { saved.instances.push_back(ReadInstance(r)); });
  reader.ForEach("tasks", [&](const Reader& r) { saved.tasks.push_back(ReadTask(r)); });
  reader.HourSums("flushed_bytes", &saved.volumes.flushed_bytes);
  reader.HourSums("flushed_files", &saved.volumes.flushed_files);
  reader.HourSums("engine_bytes", &saved.volumes.engine_bytes);
  ClusterIdentity identity{model::Labels::Of(reader.Pairs("labels")), reader.Text("name")};
  return Fleet::SavedCluster(std::move(identity), std::move(saved));
}

Fleet::ForgottenCluster ReadForgotten(const Reader& reader) {
  return {model::Labels::Of(reader.Pairs("labels")), reader.Number("until"), reader.Number("at")};
}

}  // namespace

std::string EncodeRegistry(const Fleet::Saved& fleet) {
  rapidjson::StringBuffer buffer;
  Encoder(&buffer).Registry(fleet);
  return {buffer.GetString(), buffer.GetSize()};
}

absl::StatusOr<Fleet::Saved> DecodeRegistry(std::string_view text) {
  rapidjson::Document document;
  // The iterative parser needs no stack for damage that nests deeply.
  document.Parse<rapidjson::kParseIterativeFlag>(text.data(), text.size());
  if (document.HasParseError()) {
    return absl::DataLossError(fmt::format("{} at byte {}",
                                           rapidjson::GetParseError_En(document.GetParseError()),
                                           document.GetErrorOffset()));
  }
  absl::Status status;
  const Reader reader(document, "the file", &status);
  const std::string format = reader.Text("format");
  const int64_t version = reader.Number("version");
  if (status.ok() && (format != kFormat || version != kVersion)) {
    return absl::DataLossError(
        fmt::format("format \"{}\" version {} is not known", format, version));
  }
  Fleet::Saved fleet;
  reader.ForEach("clusters", [&](const Reader& r) { fleet.clusters.push_back(ReadCluster(r)); });
  reader.ForEach("forgotten",
                 [&](const Reader& r) { fleet.forgotten.push_back(ReadForgotten(r)); });
  if (!status.ok()) {
    return status;
  }
  return fleet;
}

absl::Status SaveRegistry(base::FileSystem* fs, const std::string& dir, const Fleet::Saved& fleet) {
  const std::string path = fmt::format("{}/{}", dir, kRegistryFileName);
  const std::string temporary = path + ".tmp";
  const std::string text = EncodeRegistry(fleet);
  {
    ASSIGN_OR_RETURN(const auto file, fs->Create(temporary));
    const std::string_view parts[] = {text};
    RETURN_IF_ERROR(file->WriteAt(0, parts));
    RETURN_IF_ERROR(file->Sync());
  }
  RETURN_IF_ERROR(fs->Rename(temporary, path));
  return fs->SyncDir(dir);
}

absl::StatusOr<Fleet::Saved> LoadRegistry(base::FileSystem* fs, const std::string& dir) {
  const std::string path = fmt::format("{}/{}", dir, kRegistryFileName);
  absl::StatusOr<std::string> text = base::ReadWholeFile(fs, path);
  if (absl::IsNotFound(text.status())) {
    return Fleet::Saved{};
  }
  if (!text.ok()) {
    return text.status();
  }
  auto fleet = DecodeRegistry(*text);
  return fleet.ok() ? std::move(fleet)
                    : absl::StatusOr<Fleet::Saved>(
                          base::Annotate(fleet.status(), fmt::format("read {}", path)));
}

}  // namespace tidemark::fleet
