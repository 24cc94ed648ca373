// Symptom is the first look at a task that is behind: which of the known pictures its series show.
// Pure.
#pragma once

#include <string_view>

namespace tidemark::fleet {

class Case;
struct TaskCase;

enum class Symptom : unsigned char {
  kOneBehind,     // A: flushes and owner are well, one store or region holds the checkpoint
  kAdvancer,      // B: flushes are well, the advancer has no owner or does not work
  kStoreStopped,  // C: one store does not flush
  kAllStopped,    // D: no store flushes
  kAfterRestart,  // E: stores were restarted and scan
  kIdle,          // F: no status is told, stores idle
  kOwnerChange,   // G: no checkpoint is told, stores flush
  kAllGone,       // H: nothing comes
  kLooksWell,     // I: nothing stands out: compare with PD and the storage
};

// "A" to "I".
std::string_view Letter(Symptom symptom);
// What the picture is, in half a sentence.
std::string_view Describe(Symptom symptom);

Symptom SymptomOf(const Case& c, const TaskCase& task);

}  // namespace tidemark::fleet
