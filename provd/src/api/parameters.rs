//! Parameters of queries beyond 0.2. Unlike those of 0.2, one that is misspelt or means nothing is refused, not ignored:
//! otherwise it would show more than was asked for.

use std::str::FromStr;

use super::problem::Problem;

/// What follows the `?`. Of repeated ones the first counts.
#[derive(Debug)]
pub(super) struct Parameters(Vec<(String, String)>);

impl Parameters {
    /// Takes parameters of these names.
    pub(super) fn new(sent: Vec<(String, String)>, known: &[&str]) -> Result<Parameters, Problem> {
        match sent.iter().find(|(name, _)| !known.contains(&name.as_str())) {
            None => Ok(Parameters(sent)),
            Some((name, _)) => {
                let (name, known) = (name.escape_debug(), known.join(", "));
                Err(Problem::Invalid(format!("there is no parameter `{name}` here, only {known}")))
            }
        }
    }

    /// One as text.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// One that means something.
    pub(super) fn parsed<T: FromStr>(&self, name: &str, expected: &str) -> Result<Option<T>, Problem> {
        let parse = |text: &str| {
            text.parse().map_err(|_| {
                Problem::Invalid(format!("{name}: `{}`: expected {expected}", text.escape_debug()))
            })
        };
        self.text(name).map(parse).transpose()
    }

    /// `true` or `false`; absent: false.
    pub(super) fn flag(&self, name: &str) -> Result<bool, Problem> {
        Ok(self.parsed(name, "true or false")?.unwrap_or(false))
    }

    /// How many are asked for, from 1 to the most there may be.
    pub(super) fn limit(&self, usual: usize, most: usize) -> Result<usize, Problem> {
        let expected = "a number from 1";
        let limit: u64 = self.parsed("limit", expected)?.unwrap_or(usual as u64);
        if limit == 0 {
            return Err(Problem::Invalid(format!("limit: expected {expected}")));
        }
        Ok(usize::try_from(limit).unwrap_or(most).min(most))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parameters(sent: &[(&str, &str)]) -> Result<Parameters, Problem> {
        let sent = sent.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Parameters::new(sent, &["limit", "refused"])
    }

    #[test]
    fn the_first_of_repeated_ones_counts() {
        let parameters = parameters(&[("limit", "7"), ("limit", "8"), ("refused", "true")]).unwrap();
        assert_eq!((parameters.limit(1, 10).unwrap(), parameters.limit(1, 5).unwrap()), (7, 5));
        assert!(parameters.flag("refused").unwrap() && !parameters.flag("other").unwrap());
    }

    #[test]
    fn what_means_nothing_is_refused() {
        assert!(parameters(&[("limits", "7")]).is_err());
        for limit in ["0", "-1", "x", "", "1e3", "99999999999999999999"] {
            assert!(parameters(&[("limit", limit)]).unwrap().limit(1, 10).is_err(), "{limit}");
        }
        assert!(parameters(&[("refused", "yes")]).unwrap().flag("refused").is_err());
    }
}
