import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** JSON, which the JDK has no library for: objects are maps, arrays lists, numbers doubles. */
final class Json {
    private final String text;
    private int at = 0;

    private Json(String text) {
        this.text = text;
    }

    static Object parse(String text) {
        Json json = new Json(text);
        Object value = json.value();
        if (json.peek() != 0) throw json.malformed();
        return value;
    }

    static String write(Object value) {
        if (value instanceof Map<?, ?> map)
            return map.entrySet().stream()
                    .map(e -> write(e.getKey()) + ":" + write(e.getValue()))
                    .collect(Collectors.joining(",", "{", "}"));
        if (value instanceof List<?> list)
            return list.stream().map(Json::write).collect(Collectors.joining(",", "[", "]"));
        if (!(value instanceof String text)) return String.valueOf(value);
        StringBuilder out = new StringBuilder("\"");
        for (char c : text.toCharArray())
            if (c < ' ' || c == '"' || c == '\\') out.append(String.format("\\u%04x", (int) c));
            else out.append(c);
        return out.append('"').toString();
    }

    private Failure malformed() {
        return new Failure("invalid", "the request is not JSON, at character " + at);
    }

    /** Returns the next character that is no space, or 0 at the end. */
    private char peek() {
        while (at < text.length() && " \t\r\n".indexOf(text.charAt(at)) >= 0) ++at;
        return at < text.length() ? text.charAt(at) : 0;
    }

    private boolean skip(char expected) {
        if (peek() != expected) return false;
        ++at;
        return true;
    }

    private void require(char expected) {
        if (!skip(expected)) throw malformed();
    }

    private Object value() {
        if (skip('{')) {
            Map<String, Object> map = new LinkedHashMap<>();
            if (skip('}')) return map;
            do {
                String key = string();
                require(':');
                map.put(key, value());
            } while (skip(','));
            require('}');
            return map;
        }
        if (skip('[')) {
            List<Object> list = new ArrayList<>();
            if (skip(']')) return list;
            do list.add(value());
            while (skip(','));
            require(']');
            return list;
        }
        if (peek() == '"') return string();
        int begin = at;
        while (at < text.length() && ",:]} \t\r\n".indexOf(text.charAt(at)) < 0) ++at;
        String word = text.substring(begin, at);
        switch (word) {
            case "true": return true;
            case "false": return false;
            case "null": return null;
        }
        if (!word.matches("-?\\d+(\\.\\d+)?([eE][+-]?\\d+)?")) throw malformed();
        return Double.valueOf(word);
    }

    private String string() {
        require('"');
        StringBuilder out = new StringBuilder();
        while (at < text.length()) {
            char c = text.charAt(at++);
            if (c == '"') return out.toString();
            if (c == '\\' && at < text.length()) {
                c = text.charAt(at++);
                if (c == 'u' && at + 4 <= text.length()) {
                    c = (char) Integer.parseInt(text.substring(at, at + 4), 16);
                    at += 4;
                } else {
                    int escaped = "bfnrt".indexOf(c);
                    if (escaped >= 0) c = "\b\f\n\r\t".charAt(escaped);
                }
            }
            out.append(c);
        }
        throw malformed();
    }
}
