#include "storage/cold/posting_row.h"

#include "model/varint.h"

namespace tidemark::storage {
namespace {

constexpr uint64_t kBlockRefs = uint64_t{1} << kPostingBlockBits;

bool TakeVarint(const char** p, const char* end, uint64_t* v) {
  *p = model::GetVarint(*p, end, v);
  return *p != nullptr && *v <= 2 * kBlockRefs;
}

}  // namespace

void AppendPostingRow(std::span<const SeriesRef> refs, std::string* out) {
  uint64_t next = refs.empty() ? 0 : uint64_t{PostingBlock(refs[0])} << kPostingBlockBits;
  for (size_t i = 0; i < refs.size();) {
    size_t length = 1;
    while (i + length < refs.size() && refs[i + length] == refs[i] + length) {
      ++length;
    }
    model::AppendVarint((refs[i] - next) << 1 | (length > 1 ? 1 : 0), out);
    if (length > 1) {
      model::AppendVarint(length - 2, out);
    }
    next = refs[i] + length;
    i += length;
  }
}

bool DecodePostingRow(std::string_view row, uint16_t block,
                      absl::FunctionRef<void(SeriesRef, SeriesRef)> visit) {
  const uint64_t begin = uint64_t{block} << kPostingBlockBits;
  const char* p = row.data();
  const char* const end = p + row.size();
  for (uint64_t next = 0; p != end;) {
    uint64_t gap = 0;
    uint64_t more = 0;
    if (!TakeVarint(&p, end, &gap)) {
      return false;
    }
    const bool longer = (gap & 1) != 0;
    if (longer && !TakeVarint(&p, end, &more)) {
      return false;
    }
    const uint64_t first = next + (gap >> 1);
    const uint64_t last = first + (longer ? more + 1 : 0);
    if (last >= kBlockRefs) {
      return false;
    }
    visit(static_cast<SeriesRef>(begin + first), static_cast<SeriesRef>(begin + last));
    next = last + 1;
  }
  return true;
}

}  // namespace tidemark::storage
