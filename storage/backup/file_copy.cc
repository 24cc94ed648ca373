#include "storage/backup/file_copy.h"

#include <string_view>

#include "absl/functional/function_ref.h"
#include "base/crc32c.h"
#include "base/status_macros.h"
#include "storage/journal/journal_reader.h"

namespace tidemark::storage {
namespace {

constexpr size_t kPieceBytes = 1u << 20;

using VisitPiece = absl::FunctionRef<absl::Status(uint64_t offset, std::string_view piece)>;

// Reads a whole file piece by piece.
absl::StatusOr<CopiedFile> ReadFile(base::FileSystem* fs, const std::string& dir,
                                    const std::string& name, VisitPiece visit) {
  ASSIGN_OR_RETURN(const auto file, fs->OpenForRead(fmt::format("{}/{}", dir, name)));
  CopiedFile read{.name = name};
  std::string buffer(kPieceBytes, '\0');
  while (true) {
    ASSIGN_OR_RETURN(const size_t got, file->ReadAt(read.bytes, buffer));
    if (got == 0) {
      return read;
    }
    const std::string_view piece(buffer.data(), got);
    RETURN_IF_ERROR(visit(read.bytes, piece));
    read.crc = base::ExtendCrc32c(read.crc, piece);
    read.bytes += got;
  }
}

}  // namespace

absl::StatusOr<CopiedFile> CopyFile(base::FileSystem* fs, const std::string& from_dir,
                                    const std::string& to_dir, const std::string& name) {
  ASSIGN_OR_RETURN(const auto copy, fs->Create(fmt::format("{}/{}", to_dir, name)));
  ASSIGN_OR_RETURN(CopiedFile copied,
                   ReadFile(fs, from_dir, name, [&](uint64_t offset, std::string_view piece) {
                     return copy->WriteAt(offset, {&piece, 1});
                   }));
  RETURN_IF_ERROR(copy->Sync());
  return copied;
}

absl::StatusOr<CopiedFile> ExamineFile(base::FileSystem* fs, const std::string& dir,
                                       const std::string& name) {
  return ReadFile(fs, dir, name,
                  [](uint64_t /*offset*/, std::string_view /*piece*/) { return absl::OkStatus(); });
}

absl::StatusOr<std::vector<CopiedFile>> CopyJournal(base::FileSystem* fs,
                                                    const std::string& from_dir,
                                                    const std::string& to_dir, SegmentId last) {
  RETURN_IF_ERROR(fs->CreateDir(to_dir));
  ASSIGN_OR_RETURN(const std::vector<SegmentId> segments, ListSegments(fs, from_dir));
  std::vector<CopiedFile> files;
  for (const SegmentId id : segments) {
    if (id > last) {
      break;
    }
    ASSIGN_OR_RETURN(CopiedFile copied, CopyFile(fs, from_dir, to_dir, SegmentName(id)));
    files.push_back(std::move(copied));
  }
  RETURN_IF_ERROR(fs->SyncDir(to_dir));
  return files;
}

}  // namespace tidemark::storage
