#include "fleet/fleet_json.h"

#include <optional>

#include "rapidjson/stringbuffer.h"
#include "rapidjson/writer.h"

namespace tidemark::fleet {
namespace {

class Json {
 public:
  std::string_view text() const { return {buffer_.GetString(), buffer_.GetSize()}; }

  template <typename Body>
  void Object(const Body& body) {
    writer_.StartObject();
    body();
    writer_.EndObject();
  }
  template <typename Body>
  void List(const Body& body) {
    writer_.StartArray();
    body();
    writer_.EndArray();
  }
  template <typename Entries, typename Body>
  void Array(const Entries& entries, const Body& body) {
    List([&] {
      for (const auto& entry : entries) {
        body(entry);
      }
    });
  }
  Json& Key(std::string_view key) {
    writer_.Key(key.data(), static_cast<rapidjson::SizeType>(key.size()));
    return *this;
  }
  void String(std::string_view text) {
    writer_.String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
  }
  void Text(std::string_view key, std::string_view text) { Key(key).String(text); }
  void TextOrNull(std::string_view key, std::string_view text) {
    text.empty() ? Key(key).Null() : Text(key, text);
  }
  void Bool(std::string_view key, bool value) {
    Key(key);
    writer_.Bool(value);
  }
  void Number(std::string_view key, int64_t value) {
    Key(key);
    writer_.Int64(value);
  }
  void Time(std::string_view key, OptionalTime t) {
    t.has_value() ? Text(key, TimeText(*t)) : Key(key).Null();
  }
  void Seconds(std::string_view key, std::optional<int64_t> ms) {
    Key(key);
    if (ms.has_value()) {
      writer_.Double(static_cast<double>(*ms) / 1000);
    } else {
      Null();
    }
  }
  void Strings(std::string_view key, const std::vector<std::string>& texts) {
    Key(key).Array(texts, [&](const std::string& text) { String(text); });
  }
  void Null() { writer_.Null(); }

 private:
  rapidjson::StringBuffer buffer_;
  rapidjson::Writer<rapidjson::StringBuffer> writer_{buffer_};
};

void WriteLabels(Json* json, const model::Labels& labels) {
  json->Key("labels").Object([&] {
    for (const model::LabelView& label : labels.view()) {
      json->Text(label.name, label.value);
    }
  });
}

void WritePairs(Json* json, std::string_view key, const LabelPairs& pairs) {
  json->Key(key).Object([&] {
    for (const auto& [name, value] : pairs) {
      json->Text(name, value);
    }
  });
}

void WriteFinding(Json* json, std::string_view cluster, const Finding& finding) {
  const FindingInfo& info = InfoOf(finding.kind);
  json->Object([&] {
    json->Text("cluster", cluster);
    json->Text("finding", info.name);
    json->TextOrNull("task", finding.task);
    json->Text("severity", ToString(finding.severity));
    json->Text("confidence", ToString(finding.confidence));
    json->Time("since", finding.since);
    json->Text("title", info.title);
    json->Text("summary", finding.summary);
    json->Text("action", info.action);
    json->TextOrNull("versions", info.versions);
    json->TextOrNull("link", info.link);
    json->Strings("instances", finding.instances);
    json->Key("evidence").Array(finding.evidence, [&](const Evidence& evidence) {
      json->Object([&] {
        json->Text("series", evidence.series);
        json->Text("value", evidence.value);
        json->Time("time", evidence.t);
      });
    });
  });
}

void WriteWorst(Json* json, const Finding* worst) {
  json->Key("worst_finding");
  if (worst == nullptr) {
    json->Null();
    return;
  }
  json->Object([&] {
    json->Text("finding", InfoOf(worst->kind).name);
    json->Text("severity", ToString(worst->severity));
    json->Text("summary", worst->summary);
  });
}

// The fields of a task, inside its object.
void WriteTaskFields(Json* json, const ClusterReport& cluster, const TaskReport& task) {
  json->Text("cluster", cluster.identity.name);
  json->Text("task", task.task);
  json->Text("state", ToString(task.state));
  json->Time("recovery_point", task.recovery_point);
  json->Seconds("rpo_seconds", task.rpo_ms);
  json->Seconds("delivery_lag_seconds", task.delivery_lag_ms);
  json->Time("advanced_at", task.advanced_at);
  json->Strings("advancer_owners", task.owners);
  json->Time("paused_since", task.paused_since);
  json->Bool("pause_seen", task.pause_seen);
  json->Time("failed_since", task.failed_since);
  json->Time("gc_safe_point", task.gc_safe_point);
  json->Seconds("gc_safe_point_margin_seconds", task.safe_point_margin_ms);
  json->Bool("data_lost", task.data_lost);
  json->Time("protection_ends", task.protection_ends);
  json->Seconds("protection_left_seconds", task.protection_left_ms);
  WriteWorst(json, cluster.WorstOf(task.task));
}

void WriteStores(Json* json, const TaskReport& task) {
  json->Key("stores").Array(task.stores, [&](const StoreReport& store) {
    json->Object([&] {
      json->Text("instance", store.instance);
      json->Key("status");
      if (store.status.has_value()) {
        constexpr std::string_view kTexts[] = {"running", "paused", "failed"};
        json->String(*store.status >= 0 && *store.status < 3
                         ? kTexts[static_cast<size_t>(*store.status)]
                         : "unknown");
      } else {
        json->Null();
      }
      json->Time("last_flush", store.last_flush);
      json->Time("checkpoint", store.checkpoint);
    });
  });
}

// The fields that a cluster has in lists too, inside its object.
void WriteClusterFields(Json* json, const ClusterReport& cluster) {
  json->Text("name", cluster.identity.name);
  WriteLabels(json, cluster.identity.labels);
  json->Bool("silent", cluster.silent);
  json->Time("first_sample", cluster.first_sample);
  json->Time("last_sample", cluster.last_sample);
  json->Time("last_received", cluster.last_received_ms);
  json->Seconds("delivery_lag_seconds", cluster.delivery_lag_ms);
}

void WriteInstances(Json* json, const ClusterReport& cluster) {
  json->Key("instances").Array(cluster.instances, [&](const InstanceReport& instance) {
    json->Object([&] {
      json->Text("name", instance.name);
      json->Text("component", ToString(instance.component));
      json->TextOrNull("version", instance.version);
      json->Time("first_seen", instance.first_seen);
      json->Time("last_seen", instance.last_seen);
      json->Bool("alive", instance.alive);
    });
  });
}

void WriteOrigin(Json* json, const ClusterReport& cluster) {
  json->Time("first_received", cluster.first_received_ms);
  WritePairs(json, "group_labels", cluster.group_labels);
  json->Key("senders").Array(cluster.senders, [&](const Sender& sender) {
    json->Object([&] {
      json->Text("replica", sender.replica);
      json->Time("last_seen", sender.last_seen);
    });
  });
  json->Key("cluster_ids").Array(cluster.ids, [&](const ClusterIdSeen& id) {
    json->Object([&] {
      json->Text("id", id.id);
      json->Time("first_seen", id.first_seen);
      json->Time("last_seen", id.last_seen);
    });
  });
}

bool Wanted(const Finding& finding, const FindingFilter& filter) {
  return finding.severity >= filter.at_least &&
         (filter.finding.empty() || InfoOf(finding.kind).name == filter.finding);
}

}  // namespace

void AppendClustersJson(const FleetSnapshot& snapshot, std::string* out) {
  Json json;
  json.Array(snapshot.clusters, [&](const auto& cluster) {
    json.Object([&] {
      WriteClusterFields(&json, *cluster);
      json.Number("instances", static_cast<int64_t>(cluster->instances.size()));
      json.Number("findings", static_cast<int64_t>(cluster->findings.size()));
      json.Key("tasks").Array(cluster->tasks, [&](const TaskReport& task) {
        json.Object([&] {
          json.Text("task", task.task);
          json.Text("state", ToString(task.state));
        });
      });
      WriteWorst(&json, cluster->findings.empty() ? nullptr : &cluster->findings.front());
    });
  });
  *out += json.text();
}

void AppendClusterJson(const ClusterReport& cluster, std::string* out) {
  Json json;
  json.Object([&] {
    WriteClusterFields(&json, cluster);
    WriteOrigin(&json, cluster);
    WriteInstances(&json, cluster);
    json.Key("tasks").Array(cluster.tasks, [&](const TaskReport& task) {
      json.Object([&] {
        WriteTaskFields(&json, cluster, task);
        WriteStores(&json, task);
      });
    });
    json.Key("findings").Array(cluster.findings, [&](const Finding& finding) {
      WriteFinding(&json, cluster.identity.name, finding);
    });
  });
  *out += json.text();
}

void AppendTasksJson(const FleetSnapshot& snapshot, std::string* out) {
  Json json;
  json.Array(snapshot.clusters, [&](const auto& cluster) {
    for (const TaskReport& task : cluster->tasks) {
      json.Object([&] { WriteTaskFields(&json, *cluster, task); });
    }
  });
  *out += json.text();
}

void AppendFindingsJson(const FleetSnapshot& snapshot, const FindingFilter& filter,
                        std::string* out) {
  Json json;
  const auto write = [&](std::string_view cluster, const Finding& finding) {
    if (Wanted(finding, filter) && (filter.cluster.empty() || cluster == filter.cluster)) {
      WriteFinding(&json, cluster, finding);
    }
  };
  json.List([&] {
    for (const auto& cluster : snapshot.clusters) {
      for (const Finding& finding : cluster->findings) {
        write(cluster->identity.name, finding);
      }
    }
    for (const MissingCluster& missing : snapshot.missing) {
      write(missing.name, missing.finding);
    }
  });
  *out += json.text();
}

void AppendIncidentsJson(const FleetSnapshot& snapshot, std::string* out) {
  Json json;
  json.Array(snapshot.incidents, [&](const Incident& incident) {
    const FindingInfo& info = InfoOf(incident.kind);
    json.Object([&] {
      json.Text("finding", info.name);
      json.Text("title", info.title);
      json.Text("severity", ToString(incident.severity));
      json.Time("began", incident.began);
      WritePairs(&json, "shared_labels", incident.shared);
      json.Strings("clusters", incident.clusters);
      json.Strings("to_resume", incident.to_resume);
      json.Text("action", info.action);
      json.TextOrNull("link", info.link);
    });
  });
  *out += json.text();
}

}  // namespace tidemark::fleet
