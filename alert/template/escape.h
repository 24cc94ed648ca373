// Texts made safe for HTML, JavaScript and URLs. Pure functions.
#pragma once

#include <string>
#include <string_view>

namespace tidemark::alert::templates {

std::string EscapeHtml(std::string_view text);
// For the inside of a JavaScript string.
std::string EscapeJs(std::string_view text);
// For a value in the query of a URL; a space becomes a plus sign.
std::string EscapeUrlQuery(std::string_view text);

}  // namespace tidemark::alert::templates
